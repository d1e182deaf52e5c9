//! Ranges of keys as requests write them.

/// The range end that means every key from the first on.
pub const FROM_KEY: &[u8] = &[0];

/// Returns the end of the range of all keys that begin with `prefix`: the prefix with its last byte one higher. A prefix
/// of nothing but `0xff`, and the empty one, have no end.
///
/// Source: etcd v3.7 client/v3/op.go, `GetPrefixRangeEnd`.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|byte| *byte < 0xff);
    let Some(last) = kept else {
        return FROM_KEY.to_vec();
    };
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_its_last_byte_is_one_higher() {
        assert_eq!(prefix_end(b"ab"), b"ac");
        assert_eq!(prefix_end(b"a\xff"), b"b");
        assert_eq!(prefix_end(b"\xff\xff"), FROM_KEY);
        assert_eq!(prefix_end(b""), FROM_KEY);
    }
}

//! The few DER values this crate writes, and numbers as DER keeps them.

/// Tag, length and content.
pub(crate) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => der.push(short),
        _ => {
            let bytes: Vec<u8> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            let count = u8::try_from(bytes.len()).expect("a length has at most eight bytes");
            der.push(0x80 | count);
            der.extend(bytes);
        }
    }
    der.extend_from_slice(content);
    der
}

/// `SEQUENCE`.
pub(crate) fn sequence(content: &[u8]) -> Vec<u8> {
    value(0x30, content)
}

/// A small non-negative `INTEGER`.
pub(crate) fn integer(number: u8) -> Vec<u8> {
    assert!(number < 0x80, "larger numbers need a sign byte");
    value(0x02, &[number])
}

/// A non-negative `INTEGER` of any size, from its big-endian bytes.
pub(crate) fn unsigned(number: &[u8]) -> Vec<u8> {
    let significant = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    match significant.first() {
        Some(0..0x80) => value(0x02, significant),
        _ => value(0x02, &[&[0], significant].concat()),
    }
}

/// `BIT STRING` of whole bytes.
pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], bytes].concat())
}

/// Number of bits of a big-endian number.
pub(crate) fn bit_length(number: &[u8]) -> usize {
    let significant = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    match significant.first() {
        Some(first) => significant.len() * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}

/// A big-endian number in exactly `length` bytes; `None` when it does not fit.
pub(crate) fn pad_left(number: &[u8], length: usize) -> Option<Vec<u8>> {
    let significant = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    let padding = length.checked_sub(significant.len())?;
    Some([vec![0; padding].as_slice(), significant].concat())
}

#[cfg(test)]
mod tests {
    use der::{
        Decode as _,
        asn1::{OctetStringRef, UintRef},
    };

    use super::{bit_length, pad_left, unsigned, value};

    #[test]
    fn lengths_of_every_form_are_read_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let der = value(0x04, &content);
            assert_eq!(OctetStringRef::from_der(&der).unwrap().as_bytes(), content);
        }
    }

    #[test]
    fn unsigned_numbers_have_a_sign_byte_only_when_they_need_one() {
        for (number, expected) in [
            ([0, 0].as_slice(), [0].as_slice()),
            (&[0, 0x7f], &[0x7f]),
            (&[0x80], &[0, 0x80]),
        ] {
            let der = unsigned(number);
            assert_eq!(der[2..], *expected);
            assert!(UintRef::from_der(&der).is_ok());
        }
    }

    #[test]
    fn numbers_lose_and_gain_leading_zeros() {
        assert_eq!(bit_length(&[0, 0, 1, 0]), 9);
        assert_eq!(bit_length(&[]), 0);
        assert_eq!(pad_left(&[0, 0, 5], 2), Some(vec![0, 5]));
        assert_eq!(pad_left(&[1, 2, 3], 2), None);
    }
}

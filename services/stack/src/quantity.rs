//! Numbers as people read them.

/// Returns a time such as `4 s`, `3 min 20 s`, `5 h 1 min`, `2 d 7 h`.
#[must_use]
pub fn seconds(total: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(first) = UNITS.iter().position(|(length, _)| total >= *length) else {
        return "0 s".to_owned();
    };
    let (length, unit) = UNITS[first];
    let mut text = format!("{} {unit}", total / length);
    if let Some((smaller, unit)) = UNITS.get(first + 1) {
        text.push_str(&format!(" {} {unit}", total % length / smaller));
    }
    text
}

/// Returns a size such as `812 B`, `8.1 MiB`.
#[must_use]
pub fn bytes(total: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if total < 1024 {
        return format!("{total} B");
    }
    // Tenths in whole numbers; each step keeps the tenth of the larger unit.
    let mut tenths = total.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_units_at_most() {
        let shown = [0, 59, 60, 200, 3_600, 18_060, 90_061, 200_000_000].map(seconds);
        let wanted = [
            "0 s",
            "59 s",
            "1 min 0 s",
            "3 min 20 s",
            "1 h 0 min",
            "5 h 1 min",
            "1 d 1 h",
            "2314 d 19 h",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn sizes_have_one_decimal() {
        let shown = [0, 1023, 1024, 1536, 8_493_466, 3 << 30, u64::MAX].map(bytes);
        assert_eq!(
            shown[..6],
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "8.1 MiB", "3.0 GiB"]
        );
        assert!(shown[6].ends_with(" TiB"));
    }
}

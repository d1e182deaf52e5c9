//! Numbers with a fraction, as Go prints them in log lines.

/// Returns the shortest text that reads back as `value`: `strconv.FormatFloat(value, 'g', -1, 64)`.
pub(super) fn text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if (-4..6).contains(&exponent(value)) {
        format!("{value}")
    } else {
        scientific(value, 2)
    }
}

/// Returns `value` as `json.Marshal` prints it, or `None` where JSON has no number.
pub(super) fn json(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let is_plain = value == 0.0 || (-6..21).contains(&exponent(value));
    Some(if is_plain {
        format!("{value}")
    } else {
        scientific(value, 1)
    })
}

fn exponent(value: f64) -> i32 {
    let text = format!("{value:e}");
    let (_, exponent) = text.split_once('e').expect("the format has an exponent");
    exponent.parse().expect("an exponent is a small number")
}

/// Returns `1.5e+21`, the exponent padded to at least `digits`.
fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let (sign, exponent) = exponent
        .strip_prefix('-')
        .map_or(('+', exponent), |exponent| ('-', exponent));
    // encoding/json shortens e-09 to e-9 and leaves e+21 alone, which has two digits anyway.
    format!("{mantissa}e{sign}{exponent:0>digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        for (value, in_text, in_json) in [
            (0.0, "0", "0"),
            (-0.0, "-0", "-0"),
            (1.5, "1.5", "1.5"),
            (100_000.0, "100000", "100000"),
            (1_234_567.0, "1.234567e+06", "1234567"),
            (1e20, "1e+20", "100000000000000000000"),
            (1e21, "1e+21", "1e+21"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "1e-05", "0.00001"),
            (0.000_000_1, "1e-07", "1e-7"),
            (1.25e-300, "1.25e-300", "1.25e-300"),
        ] {
            assert_eq!(text(value), in_text);
            assert_eq!(json(value).unwrap(), in_json);
        }
        assert_eq!(
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(text),
            ["NaN", "+Inf", "-Inf"]
        );
        assert_eq!(json(f64::NAN), None);
    }
}

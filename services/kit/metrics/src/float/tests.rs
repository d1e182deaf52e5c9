use proptest::prelude::*;

use super::{format_float, parse_float};

fn formatted(number: f64) -> String {
    let mut out = Vec::new();
    format_float(&mut out, number);
    String::from_utf8(out).unwrap()
}

#[test]
fn plain_from_a_ten_thousandth_to_a_million_and_with_exponent_outside() {
    for (number, expected) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.0, "-1"),
        (100_000.0, "100000"),
        (999_999.0, "999999"),
        (1e6, "1e+06"),
        (-1e6, "-1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (123_456.7, "123456.7"),
        (1_234_567.8, "1.2345678e+06"),
        (0.0001, "0.0001"),
        (0.000_123, "0.000123"),
        (0.000_01, "1e-05"),
        (250_000.0, "250000"),
        (0.1, "0.1"),
        (-0.5, "-0.5"),
        (1_795_220_955.625_159_7, "1.7952209556251597e+09"),
        (9_007_199_254_740_991.0, "9.007199254740991e+15"),
        (9_007_199_254_740_992.0, "9.007199254740992e+15"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (1.5e-300, "1.5e-300"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
    ] {
        assert_eq!(formatted(number), expected);
    }
}

#[test]
fn recorded_numbers_are_written_as_go_wrote_them() {
    let recorded = include_str!("../../testdata/float.txt");
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let (bits, text) = line.split_once(' ').unwrap();
        assert_eq!(
            formatted(f64::from_bits(u64::from_str_radix(bits, 16).unwrap())),
            text
        );
    }
}

#[test]
fn what_go_reads_is_read() {
    for (text, expected) in [
        ("1", 1.0),
        ("-1", -1.0),
        ("+1", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.5e-3", -0.0005),
        ("1E5", 1e5),
        ("1e+05", 1e5),
        ("inf", f64::INFINITY),
        ("+Inf", f64::INFINITY),
        ("-inFinity", f64::NEG_INFINITY),
        ("1e-400", 0.0),
        ("123456789012345678", 123_456_789_012_345_678.0),
    ] {
        assert_eq!(parse_float(text.as_bytes()), Some(expected), "{text}");
    }
    assert!(parse_float(b"nAn").unwrap().is_nan());
    assert!(parse_float(b"-0").unwrap().is_sign_negative());
}

#[test]
fn what_go_refuses_is_refused() {
    for text in [
        "",
        ".",
        "+",
        "e5",
        "1e",
        "1e+",
        "0x1p1",
        "0x1",
        "1_000",
        "+nan",
        "-NaN",
        "infin",
        "infinityy",
        "1e400",
        "-1e400",
        " 1",
        "1 ",
        "1\r",
        "\u{661}",
    ] {
        assert_eq!(parse_float(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(parse_float(b"\xff"), None);
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(number in any::<f64>()) {
        let read = parse_float(formatted(number).as_bytes()).unwrap();
        prop_assert!(read.to_bits() == number.to_bits() || read.is_nan() && number.is_nan(), "{number} {read}");
    }

    #[test]
    fn integers_too(number in -(1_i64 << 55)..1 << 55) {
        let number = number as f64;
        prop_assert_eq!(parse_float(formatted(number).as_bytes()), Some(number));
    }
}

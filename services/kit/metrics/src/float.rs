//! Floats as Go reads and writes them. How formats frame them is left to `text` and `proto`.
//!
//! Source: Go strconv `ParseFloat`, `FormatFloat(f, 'g', -1, 64)`; prometheus/common v0.69.0 expfmt `parseFloat`.

/// The NaN that Go makes, so that a pushed NaN has the same bits in a protobuf answer.
const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

/// Integers below this are exact, and their decimal digits are also their shortest ones.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Appends the shortest digits that read back as `number`: plain from 0.0001 to below 1000000, else with an exponent;
/// `NaN`, `+Inf`, `-Inf`, `-0`.
pub fn format_float(out: &mut Vec<u8>, number: f64) {
    if number.fract() == 0.0 && number.abs() < EXACT_MAX {
        return format_integer(out, number);
    }
    match number {
        number if number.is_nan() => out.extend_from_slice(b"NaN"),
        f64::INFINITY => out.extend_from_slice(b"+Inf"),
        f64::NEG_INFINITY => out.extend_from_slice(b"-Inf"),
        number => format_shortest(out, number),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller saw that the number is an integer below 2^53"
)]
fn format_integer(out: &mut Vec<u8>, number: f64) {
    if number.is_sign_negative() {
        out.push(b'-');
    }
    let integer = number.abs() as u64;
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(integer).as_bytes();
    if integer < 1_000_000 {
        out.extend_from_slice(digits);
    } else {
        let significant = digits
            .iter()
            .rposition(|digit| *digit != b'0')
            .unwrap_or_default()
            + 1;
        with_exponent(out, &digits[..significant], digits.len() as i32 - 1);
    }
}

fn format_shortest(out: &mut Vec<u8>, number: f64) {
    let mut buffer = zmij::Buffer::new();
    let mut text = buffer.format_finite(number).as_bytes();
    if let Some(positive) = text.strip_prefix(b"-") {
        out.push(b'-');
        text = positive;
    }
    let mut digits = Digits::default();
    digits.read(text);
    let (digits, exponent) = digits.normal();
    if (-4..6).contains(&exponent) {
        plain(out, digits, exponent)
    } else {
        with_exponent(out, digits, exponent)
    }
}

/// The digits of a number taken out of a text such as `123.25`, `0.0001` or `1.5e-7`.
#[derive(Default)]
struct Digits {
    bytes: [u8; 32],
    length: usize,
    /// How many digits stand before the point.
    point: i32,
}

impl Digits {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the shortest text of a double has at most 24 bytes"
    )]
    fn read(&mut self, text: &[u8]) {
        let mut exponent = 0;
        let mut point = None;
        for (index, byte) in text.iter().enumerate() {
            match byte {
                b'.' => point = Some(self.length),
                b'e' => {
                    exponent = str::from_utf8(&text[index + 1..])
                        .ok()
                        .and_then(|text| text.parse().ok())
                        .expect("an exponent after e");
                    break;
                }
                digit => {
                    self.bytes[self.length] = *digit;
                    self.length += 1;
                }
            }
        }
        self.point = point.unwrap_or(self.length) as i32 + exponent;
    }

    /// Returns the digits without zeros around them, and the decimal exponent of the first.
    #[expect(clippy::cast_possible_truncation, reason = "at most 32 digits")]
    fn normal(&self) -> (&[u8], i32) {
        let digits = &self.bytes[..self.length];
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        let end = digits
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(leading, |last| last + 1);
        (&digits[leading..end], self.point - leading as i32 - 1)
    }
}

/// Writes a number with exponent -4 to 5 without one.
fn plain(out: &mut Vec<u8>, digits: &[u8], exponent: i32) {
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let whole = (exponent + 1).min(digits.len());
            out.extend_from_slice(&digits[..whole]);
            out.extend(std::iter::repeat_n(b'0', exponent + 1 - whole));
            if whole < digits.len() {
                out.push(b'.');
                out.extend_from_slice(&digits[whole..]);
            }
        }
        Err(_) => {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(
                b'0',
                exponent.unsigned_abs() as usize - 1,
            ));
            out.extend_from_slice(digits);
        }
    }
}

fn with_exponent(out: &mut Vec<u8>, digits: &[u8], exponent: i32) {
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let exponent = exponent.unsigned_abs();
    if exponent < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
}

/// Reads a float: decimal digits with point and exponent, or `nan`, `inf`, `infinity` in any case.
///
/// `None` for anything else: hexadecimal floats, underscores, a signed NaN, and numbers too large for a double.
#[must_use]
pub fn parse_float(text: &[u8]) -> Option<f64> {
    if let Some(number) = small_integer(text) {
        return Some(number);
    }
    let text = str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("nan") {
        return (unsigned.len() == text.len()).then_some(NAN);
    }
    let number: f64 = text.parse().ok()?;
    let is_word = unsigned.starts_with(['i', 'I']);
    (number.is_finite() || is_word).then_some(number)
}

/// Reads the most frequent numbers, up to fifteen digits, without the general parser.
fn small_integer(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > 15 {
        return None;
    }
    let mut number = 0_u64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number as f64)
}

#[cfg(test)]
mod tests;

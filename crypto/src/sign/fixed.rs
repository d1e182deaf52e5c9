//! ECDSA signatures in the two forms they come in: DER, and two numbers side by side (IEEE P1363), as JWS has them.

use der::{Decode as _, Reader as _, SliceReader, asn1::UintRef};

use crate::{pki::encode, provider::verify::Curve};

/// DER to two numbers side by side; `None` when it is no signature of the curve.
pub(crate) fn from_der(curve: Curve, signature: &[u8]) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(signature).ok()?;
    let (r, s) = reader
        .sequence(|numbers| {
            let r = UintRef::decode(numbers)?.as_bytes();
            Ok((r, UintRef::decode(numbers)?.as_bytes()))
        })
        .ok()?;
    reader.finish(()).ok()?;
    let pad = |number| encode::pad_left(number, curve.scalar_bytes());
    Some([pad(r)?, pad(s)?].concat())
}

/// Two numbers side by side to DER; `None` when the length is not the curve's.
pub(crate) fn to_der(curve: Curve, signature: &[u8]) -> Option<Vec<u8>> {
    if signature.len() != 2 * curve.scalar_bytes() {
        return None;
    }
    let (r, s) = signature.split_at(curve.scalar_bytes());
    let numbers = [encode::unsigned(r), encode::unsigned(s)].concat();
    Some(encode::sequence(&numbers))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{from_der, to_der};
    use crate::provider::verify::Curve;

    #[test]
    fn another_curves_length_is_no_signature() {
        assert_eq!(to_der(Curve::P256, &[1; 63]), None);
        assert_eq!(to_der(Curve::P256, &[1; 96]), None);
        let long = to_der(Curve::P384, &[1; 96]).unwrap();
        assert_eq!(from_der(Curve::P256, &long), None);
    }

    proptest! {
        #[test]
        fn both_forms_hold_the_same_numbers(zeros in 0..64_usize, mut bytes: [u8; 32]) {
            bytes[..zeros.min(32)].fill(0);
            let fixed = [bytes, [0x80; 32]].concat();
            let der = to_der(Curve::P256, &fixed).unwrap();
            prop_assert_eq!(from_der(Curve::P256, &der), Some(fixed));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = from_der(Curve::P521, &bytes);
            let _ = to_der(Curve::P521, &bytes);
        }
    }
}

//! Certificate revocation lists, as far as etcd looks into them: the serial numbers.
//!
//! Issuer, signature, times and extensions are not read: etcd trusts the file it is given (specification, section 11).
//!
//! Source: RFC 5280 section 5.1; Go crypto/x509 `ParseRevocationList`.

use std::collections::HashSet;

use der::{Decode as _, Reader, SliceReader, Tag, Tagged as _, asn1::AnyRef};

use crate::pki::certificate::{Malformed, sequence_content, without_leading_zeros};

/// The serial numbers a list revokes, big-endian and without leading zeros.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RevokedSerials(HashSet<Vec<u8>>);

impl RevokedSerials {
    /// Parses a `CertificateList` in DER.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, Malformed> {
        let mut outer = SliceReader::new(der)?;
        let list = sequence_content(&mut outer)?;
        outer.finish(())?;
        let mut parts = SliceReader::new(list)?;
        let mut fields = SliceReader::new(sequence_content(&mut parts)?)?;
        let mut next = Option::<AnyRef<'_>>::decode(&mut fields)?;
        // version (optional), signature, issuer, thisUpdate
        if next.is_some_and(|field| field.tag() == Tag::Integer) {
            next = Option::decode(&mut fields)?;
        }
        expect(next, &[Tag::Sequence])?;
        expect(Option::decode(&mut fields)?, &[Tag::Sequence])?;
        expect(Option::decode(&mut fields)?, TIMES)?;
        // nextUpdate (optional), revokedCertificates (optional)
        next = Option::decode(&mut fields)?;
        if next.is_some_and(|field| TIMES.contains(&field.tag())) {
            next = Option::decode(&mut fields)?;
        }
        let entries = next.filter(|field| field.tag() == Tag::Sequence);
        entries.map_or_else(|| Ok(Self::default()), |list| Self::entries(list.value()))
    }

    fn entries(list: &[u8]) -> Result<Self, Malformed> {
        let mut entries = SliceReader::new(list)?;
        let mut serials = HashSet::new();
        while !entries.is_finished() {
            let mut entry = SliceReader::new(sequence_content(&mut entries)?)?;
            let serial = expect(Option::decode(&mut entry)?, &[Tag::Integer])?;
            expect(Option::decode(&mut entry)?, TIMES)?;
            serials.insert(without_leading_zeros(serial.value()).to_vec());
        }
        Ok(Self(serials))
    }

    /// Says whether the list names this serial number.
    pub(crate) fn contains(&self, serial: &[u8]) -> bool {
        self.0.contains(serial)
    }
}

fn expect<'a>(field: Option<AnyRef<'a>>, tags: &[Tag]) -> Result<AnyRef<'a>, Malformed> {
    field
        .filter(|field| tags.contains(&field.tag()))
        .ok_or(Malformed)
}

const TIMES: &[Tag] = &[Tag::UtcTime, Tag::GeneralizedTime];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RevokedSerials;
    use crate::test_util;

    #[test]
    fn the_serials_of_a_list_are_read_and_nothing_else_is_revoked() {
        let authority = test_util::ca("authority");
        let list = RevokedSerials::parse(&authority.revocation_list(&[&[0x80, 1], &[7]])).unwrap();
        assert!(list.contains(&[0x80, 1]) && list.contains(&[7]));
        assert!(!list.contains(&[1]) && !list.contains(&[]));
    }

    #[test]
    fn a_list_may_revoke_nothing() {
        let empty = test_util::ca("authority").revocation_list(&[]);
        assert_eq!(
            RevokedSerials::parse(&empty).unwrap(),
            RevokedSerials::default()
        );
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        let mut list = test_util::ca("authority").revocation_list(&[&[7]]);
        assert!(RevokedSerials::parse(b"").is_err());
        assert!(RevokedSerials::parse(b"-----BEGIN X509 CRL-----").is_err());
        assert!(RevokedSerials::parse(&list[..list.len() - 1]).is_err());
        list.push(0);
        assert!(RevokedSerials::parse(&list).is_err());
    }

    proptest! {
        #[test]
        fn no_damage_makes_a_list_panic(at: prop::sample::Index, bits: u8, cut: prop::sample::Index) {
            let mut bytes = test_util::ca("authority").revocation_list(&[&[7], &[8]]);
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
            let _ = RevokedSerials::parse(&bytes);
            let _ = RevokedSerials::parse(&bytes[..cut.index(bytes.len())]);
        }
    }
}

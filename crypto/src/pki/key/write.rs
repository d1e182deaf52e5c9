//! Private keys written: PKCS#8 for everything, SEC1 for keys on curves.
//!
//! Source: Go crypto/x509 `MarshalPKCS8PrivateKey`, `MarshalECPrivateKey`.

use rustls_pki_types::alg_id;
use zeroize::Zeroizing;

use super::{EcKey, KeyMaterial};
use crate::pki::encode;

type Der = Zeroizing<Vec<u8>>;

impl KeyMaterial {
    /// PKCS#8. A key on a curve carries `point`, its public half.
    pub(crate) fn to_pkcs8(&self, point: &[u8]) -> Der {
        match self {
            Self::Rsa { pkcs1, .. } => wrap(alg_id::RSA_ENCRYPTION.as_ref(), pkcs1),
            Self::Ec(key) => key.to_pkcs8(Some(point)),
            Self::Ed25519 { seed } => {
                let seed = Zeroizing::new(encode::value(0x04, seed.as_slice()));
                wrap(alg_id::ED25519.as_ref(), &seed)
            }
        }
    }

    /// SEC1, with the curve named inside; `None` when the key is on no curve.
    pub(crate) fn to_sec1(&self, point: &[u8]) -> Option<Der> {
        match self {
            Self::Ec(key) => Some(key.to_sec1(true, Some(point))),
            Self::Rsa { .. } | Self::Ed25519 { .. } => None,
        }
    }
}

impl EcKey {
    /// The smallest PKCS#8, which every provider reads.
    pub(crate) fn pkcs8(&self) -> Der {
        self.to_pkcs8(self.point.as_deref())
    }

    fn to_pkcs8(&self, point: Option<&[u8]>) -> Der {
        wrap(self.curve.key_id().as_ref(), &self.to_sec1(false, point))
    }

    fn to_sec1(&self, names_curve: bool, point: Option<&[u8]>) -> Der {
        let scalar = Zeroizing::new(encode::value(0x04, &self.scalar));
        let curve = if names_curve {
            encode::value(0xa0, self.curve.oid())
        } else {
            Vec::new()
        };
        let point = point
            .map(|point| encode::value(0xa1, &encode::bit_string(point)))
            .unwrap_or_default();
        let version = encode::integer(1);
        let fields = [version.as_slice(), &scalar, &curve, &point].concat();
        Zeroizing::new(encode::sequence(&Zeroizing::new(fields)))
    }
}

/// `PrivateKeyInfo` around a key.
fn wrap(algorithm: &[u8], key: &[u8]) -> Der {
    let key = Zeroizing::new(encode::value(0x04, key));
    let algorithm = encode::sequence(algorithm);
    let fields = [encode::integer(0).as_slice(), &algorithm, &key].concat();
    Zeroizing::new(encode::sequence(&Zeroizing::new(fields)))
}

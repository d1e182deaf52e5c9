//! New private keys, made by the module.

use zeroize::Zeroizing;

use super::{Curve, KeyKind, no_p521};
use crate::{
    imp::{
        rand::SystemRandom,
        signature::{EcdsaKeyPair, Ed25519KeyPair},
    },
    policy::Unsupported,
    provider,
};

/// Makes a key and returns it as PKCS#8.
pub(super) fn pkcs8(kind: KeyKind) -> Result<Zeroizing<Vec<u8>>, Unsupported> {
    match kind {
        KeyKind::Rsa2048 => provider::generate_rsa(2048),
        KeyKind::Rsa3072 => provider::generate_rsa(3072),
        KeyKind::Rsa4096 => provider::generate_rsa(4096),
        KeyKind::P256 => ecdsa(Curve::P256),
        KeyKind::P384 => ecdsa(Curve::P384),
        KeyKind::P521 => ecdsa(Curve::P521),
        KeyKind::Ed25519 => {
            let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
            let document = document.expect(RANDOM);
            Ok(Zeroizing::new(document.as_ref().to_vec()))
        }
    }
}

fn ecdsa(curve: Curve) -> Result<Zeroizing<Vec<u8>>, Unsupported> {
    let algorithm = provider::ecdsa_signing(curve).ok_or_else(no_p521)?;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).expect(RANDOM);
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

/// As in [`random`](crate::random): a process without randomness must not make secrets.
const RANDOM: &str = "the random source works, or the process must end";

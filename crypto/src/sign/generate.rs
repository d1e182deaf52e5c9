//! New private keys, made by the module and tried once. A module that makes wrong keys ends the process.
//!
//! The FIPS module tries each new key itself (RSA and ECDSA keys it then does not hand out, for Ed25519 it ends the
//! process); what it does not hand out ends the process here.

use std::io::{self, Write as _};

use zeroize::Zeroizing;

use super::{Curve, KeyKind, PrivateKey, no_p521};
use crate::{
    imp::{
        error::Unspecified,
        rand::SystemRandom,
        signature::{EcdsaKeyPair, Ed25519KeyPair},
    },
    policy::{self, PolicyCode, Unsupported},
    provider,
    settings::Mode,
    verify::PublicKey,
};

/// Makes a key and returns it as PKCS#8.
pub(crate) fn pkcs8(kind: KeyKind) -> Result<Zeroizing<Vec<u8>>, Unsupported> {
    let made = match kind {
        KeyKind::Rsa2048 => rsa(2048)?,
        KeyKind::Rsa3072 => rsa(3072)?,
        KeyKind::Rsa4096 => rsa(4096)?,
        KeyKind::P256 => ecdsa(Curve::P256)?,
        KeyKind::P384 => ecdsa(Curve::P384)?,
        KeyKind::P521 => ecdsa(Curve::P521)?,
        KeyKind::Ed25519 => Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map(|document| Zeroizing::new(document.as_ref().to_vec())),
    };
    Ok(made.unwrap_or_else(|Unspecified| give_up("it made no key that passes its test")))
}

type Made = Result<Zeroizing<Vec<u8>>, Unspecified>;

fn rsa(bits: usize) -> Result<Made, Unsupported> {
    let advice = "build with aws-lc or fips";
    provider::generate_rsa(bits).ok_or_else(|| Unsupported::new("RSA key generation", advice))
}

fn ecdsa(curve: Curve) -> Result<Made, Unsupported> {
    let algorithm = provider::ecdsa_signing(curve).ok_or_else(no_p521)?;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new());
    Ok(document.map(|document| Zeroizing::new(document.as_ref().to_vec())))
}

/// Signs and verifies once with every scheme of a new key; the process ends (SIGABRT) when the two halves are no pair.
pub(crate) fn prove(key: &PrivateKey, public: &PublicKey) {
    if !is_a_pair(key, public) {
        give_up("a new key does not verify what it signs");
    }
}

pub(super) fn is_a_pair(key: &PrivateKey, public: &PublicKey) -> bool {
    const MESSAGE: &[u8] = b"pairwise consistency";
    key.schemes().all(|scheme| {
        let signature = key.sign(scheme, MESSAGE);
        signature.is_ok_and(|signature| public.verify(scheme, MESSAGE, &signature).is_ok())
    })
}

/// FIPS 140-3: a module in this state must do nothing more.
fn give_up(why: &'static str) -> ! {
    let (mode, way_out) = (Mode::current(), "an undamaged program");
    let error = policy::refuse(
        mode,
        PolicyCode::SelfTest,
        "this crypto module",
        why,
        way_out,
    );
    let _ = writeln!(io::stderr(), "{error}"); // the process ends in any case
    std::process::abort()
}

//! Key agreement with given private keys, so that published vectors can be tried on what TLS does with fresh ones.

use crate::{
    imp::agreement::{self as module, UnparsedPublicKey},
    policy::Unsupported,
    provider::kx::uncompressed_point,
};

/// Why there is no shared secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AgreementError {
    /// The provider does not have the group, or takes no such key.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The peer's share is refused.
    #[error("the key share is invalid")]
    Share,
}

/// Returns the secret that `private` and a peer's `share` have in common, on `secp256r1`, `secp384r1`, `secp521r1` or
/// `x25519`. Private keys are big-endian and as long as the curve's scalars.
///
/// # Errors
/// [`AgreementError`].
pub fn agree(group: &str, private: &[u8], share: &[u8]) -> Result<Vec<u8>, AgreementError> {
    let (algorithm, is_well_formed) = match group {
        "secp256r1" => (&module::ECDH_P256, uncompressed_point(share)),
        "secp384r1" => (&module::ECDH_P384, uncompressed_point(share)),
        #[cfg(not(feature = "ring"))]
        "secp521r1" => (&module::ECDH_P521, uncompressed_point(share)),
        "x25519" => (&module::X25519, share.len() == 32),
        _ => {
            let advice = "use secp256r1, secp384r1 or a hybrid";
            return Err(Unsupported::new(format!("group {group}"), advice).into());
        }
    };
    if !is_well_formed {
        return Err(AgreementError::Share);
    }
    agree_with(
        algorithm,
        private,
        &UnparsedPublicKey::new(algorithm, share),
    )
}

/// ring takes private keys from a random source only; its own tests give it one that is not random.
#[cfg(feature = "ring")]
fn agree_with(
    algorithm: &'static module::Algorithm,
    private: &[u8],
    share: &UnparsedPublicKey<&[u8]>,
) -> Result<Vec<u8>, AgreementError> {
    #[expect(deprecated, reason = "hidden, but the only way to a given private key")]
    let source = ring::test::rand::FixedSliceRandom { bytes: private };
    let private = module::EphemeralPrivateKey::generate(algorithm, &source);
    let private = private.map_err(|_| Unsupported::new("this private key", "use another"))?;
    module::agree_ephemeral(private, share, <[u8]>::to_vec).map_err(|_| AgreementError::Share)
}

#[cfg(not(feature = "ring"))]
fn agree_with(
    algorithm: &'static module::Algorithm,
    private: &[u8],
    share: &UnparsedPublicKey<&[u8]>,
) -> Result<Vec<u8>, AgreementError> {
    let private = module::PrivateKey::from_private_key(algorithm, private);
    let private = private.map_err(|_| Unsupported::new("this private key", "use another"))?;
    module::agree(&private, share, AgreementError::Share, |secret| {
        Ok(secret.to_vec())
    })
}

/// Returns the secret inside an ML-KEM-768 `ciphertext` for an expanded decapsulation key.
///
/// # Errors
/// [`AgreementError`]; [`Unsupported`] on ring, which has no ML-KEM.
pub fn ml_kem_768_decapsulate(key: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, AgreementError> {
    #[cfg(feature = "ring")]
    {
        let _ = (key, ciphertext);
        Err(no_ml_kem().into())
    }
    #[cfg(not(feature = "ring"))]
    {
        use aws_lc_rs::kem::{DecapsulationKey, ML_KEM_768};

        let key = DecapsulationKey::new(&ML_KEM_768, key).map_err(|_| AgreementError::Share)?;
        let secret = key.decapsulate(ciphertext.into());
        Ok(secret.map_err(|_| AgreementError::Share)?.as_ref().to_vec())
    }
}

/// Returns a ciphertext and its secret for an ML-KEM-768 encapsulation key.
///
/// # Errors
/// As [`ml_kem_768_decapsulate`].
pub fn ml_kem_768_encapsulate(key: &[u8]) -> Result<(Vec<u8>, Vec<u8>), AgreementError> {
    #[cfg(feature = "ring")]
    {
        let _ = key;
        Err(no_ml_kem().into())
    }
    #[cfg(not(feature = "ring"))]
    {
        use aws_lc_rs::kem::{EncapsulationKey, ML_KEM_768};

        let key = EncapsulationKey::new(&ML_KEM_768, key).map_err(|_| AgreementError::Share)?;
        let (ciphertext, secret) = key.encapsulate().map_err(|_| AgreementError::Share)?;
        Ok((ciphertext.as_ref().to_vec(), secret.as_ref().to_vec()))
    }
}

#[cfg(feature = "ring")]
fn no_ml_kem() -> Unsupported {
    Unsupported::new("ML-KEM-768", "build with aws-lc or fips")
}

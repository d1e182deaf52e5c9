//! Our rustls provider: suites, groups, signatures, randomness and keys on the linked module.
//!
//! One source for ring and aws-lc-rs; `twin` holds what differs. What a configuration may offer of all this is decided
//! in `tls::selection`.

mod hash;
#[cfg(not(feature = "ring"))]
mod hybrid;
pub(crate) mod kx;
mod record;
pub(crate) mod sign;
pub(crate) mod suites;
pub(crate) mod ticket;
#[cfg_attr(feature = "ring", path = "provider/ring.rs")]
#[cfg_attr(not(feature = "ring"), path = "provider/aws_lc.rs")]
mod twin;
pub(crate) mod verify;

use std::sync::{Arc, OnceLock};

use rustls::{
    Error,
    crypto::{GetRandomFailed, KeyProvider, SecureRandom},
    sign::SigningKey,
};
use rustls_pki_types::PrivateKeyDer;

use crate::{
    pki::key::KeyMaterial,
    random,
    settings::{Mode, Settings},
    start::StartError,
    tls::selection,
};

pub(crate) use self::twin::{RandomNonceKey, ecdsa_signing, generate_rsa};

/// Which implementation this build links.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Provider {
    /// ring.
    Ring,
    /// AWS-LC without validation.
    AwsLc,
    /// The validated AWS-LC FIPS module.
    AwsLcFips,
}

impl Provider {
    /// The name in reports: `ring`, `aws-lc`, `aws-lc-fips`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc",
            Self::AwsLcFips => "aws-lc-fips",
        }
    }
}

/// Returns the implementation this build links.
#[must_use]
pub const fn provider() -> Provider {
    if FIPS {
        Provider::AwsLcFips
    } else if cfg!(feature = "aws-lc") {
        Provider::AwsLc
    } else {
        Provider::Ring
    }
}

/// The operations below run in the validated module. That it is in order is proven once, by `self_test`.
const FIPS: bool = cfg!(feature = "fips");

/// Makes our provider the default of rustls, for dependencies that build their own configurations. The first call
/// decides; it fails when somebody else was there before.
pub(crate) fn install_as_default(settings: &Settings) -> Result<(), StartError> {
    static IS_OURS: OnceLock<bool> = OnceLock::new();

    let install = || selection::full_provider(settings).install_default().is_ok();
    if *IS_OURS.get_or_init(install) {
        Ok(())
    } else {
        Err(StartError::AlreadyInstalled)
    }
}

/// The module's generator.
#[derive(Debug)]
pub(crate) struct Random;

impl SecureRandom for Random {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        random::fill(buffer).map_err(|_| GetRandomFailed)
    }

    fn fips(&self) -> bool {
        FIPS
    }
}

/// Loads keys under the policy of the process.
#[derive(Debug)]
pub(crate) struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, der: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        let material = KeyMaterial::parse(der.secret_der())
            .map_err(|error| Error::General(error.to_string()))?;
        let key = sign::PrivateKey::load(&material, Mode::current());
        Ok(Arc::new(
            key.map_err(|error| Error::General(error.to_string()))?,
        ))
    }

    fn fips(&self) -> bool {
        FIPS
    }
}

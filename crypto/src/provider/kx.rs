//! Elliptic-curve key exchange.

use std::fmt;

use rustls::{
    Error, NamedGroup, PeerMisbehaved,
    crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup},
    ffdhe_groups::FfdheGroup,
};

use super::twin;
use crate::imp::{
    agreement::{self, EphemeralPrivateKey, PublicKey, UnparsedPublicKey},
    rand::SystemRandom,
};

/// Every group this house implements; order and choice belong to `tls::selection`.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn SupportedKxGroup> {
    twin::EXTRA_GROUPS
        .iter()
        .chain([X25519, SECP256R1, SECP384R1].as_slice())
        .copied()
}

/// One curve.
pub(super) struct EcdhGroup {
    pub(super) name: NamedGroup,
    pub(super) algorithm: &'static agreement::Algorithm,
    /// SP 800-56A allows it. (X25519 alone is not in it.)
    pub(super) approved: bool,
    /// AWS-LC reads more encodings of a point than TLS allows, so the shape is checked first.
    pub(super) share_is_well_formed: fn(&[u8]) -> bool,
}

pub(super) const X25519: &dyn SupportedKxGroup = &EcdhGroup {
    name: NamedGroup::X25519,
    algorithm: &agreement::X25519,
    approved: false,
    share_is_well_formed: |share| share.len() == 32,
};
pub(super) const SECP256R1: &dyn SupportedKxGroup = &EcdhGroup {
    name: NamedGroup::secp256r1,
    algorithm: &agreement::ECDH_P256,
    approved: true,
    share_is_well_formed: uncompressed_point,
};
const SECP384R1: &dyn SupportedKxGroup = &EcdhGroup {
    name: NamedGroup::secp384r1,
    algorithm: &agreement::ECDH_P384,
    approved: true,
    share_is_well_formed: uncompressed_point,
};

/// RFC 8446 section 4.2.8.2 allows no other encoding.
pub(crate) fn uncompressed_point(share: &[u8]) -> bool {
    share.first() == Some(&4)
}

impl SupportedKxGroup for EcdhGroup {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let private = EphemeralPrivateKey::generate(self.algorithm, &SystemRandom::new());
        let private = private.map_err(|_| GetRandomFailed)?;
        let public = private.compute_public_key().map_err(|_| GetRandomFailed)?;
        Ok(Box::new(Exchange {
            name: self.name,
            algorithm: self.algorithm,
            share_is_well_formed: self.share_is_well_formed,
            private,
            public,
        }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.name
    }

    fn fips(&self) -> bool {
        super::FIPS && self.approved
    }
}

impl fmt::Debug for EcdhGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

struct Exchange {
    name: NamedGroup,
    algorithm: &'static agreement::Algorithm,
    share_is_well_formed: fn(&[u8]) -> bool,
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        if !(self.share_is_well_formed)(peer) {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let peer = UnparsedPublicKey::new(self.algorithm, peer);
        let secret =
            twin::agree(self.private, &peer).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        Ok(SharedSecret::from(secret)) // rustls wipes it
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        self.name
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }
}

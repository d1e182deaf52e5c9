//! Post-quantum hybrids: ML-KEM-768 beside a curve (draft-ietf-tls-ecdhe-mlkem). AWS-LC only.

use aws_lc_rs::kem::{self, DecapsulationKey, EncapsulationKey};
use rustls::{
    Error, NamedGroup, PeerMisbehaved, ProtocolVersion,
    crypto::{
        ActiveKeyExchange, CompletedKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup,
    },
    ffdhe_groups::FfdheGroup,
};
use zeroize::Zeroizing;

use super::kx::{SECP256R1, X25519};

/// A curve and ML-KEM-768; their shares and secrets are concatenated in the order the draft gives.
#[derive(Debug)]
struct Hybrid {
    name: NamedGroup,
    curve: &'static dyn SupportedKxGroup,
    curve_share_bytes: usize,
    kem_first: bool,
}

pub(super) const X25519MLKEM768: &dyn SupportedKxGroup = &Hybrid {
    name: NamedGroup::X25519MLKEM768,
    curve: X25519,
    curve_share_bytes: 32,
    kem_first: true,
};
pub(super) const SECP256R1MLKEM768: &dyn SupportedKxGroup = &Hybrid {
    name: NamedGroup::secp256r1MLKEM768,
    curve: SECP256R1,
    curve_share_bytes: 65,
    kem_first: false,
};

const KEM_KEY_BYTES: usize = 1184;
const KEM_CIPHERTEXT_BYTES: usize = 1088;
const INVALID_SHARE: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

impl Hybrid {
    fn join(&self, kem: &[u8], curve: &[u8]) -> Vec<u8> {
        if self.kem_first {
            [kem, curve].concat()
        } else {
            [curve, kem].concat()
        }
    }

    /// Splits a peer's share into (kem, curve).
    fn split<'a>(&self, share: &'a [u8], kem_bytes: usize) -> Result<(&'a [u8], &'a [u8]), Error> {
        if share.len() != kem_bytes + self.curve_share_bytes {
            return Err(INVALID_SHARE);
        }
        Ok(if self.kem_first {
            share.split_at(kem_bytes)
        } else {
            let (curve, kem) = share.split_at(self.curve_share_bytes);
            (kem, curve)
        })
    }

    fn secret(&self, kem: &[u8], curve: &SharedSecret) -> SharedSecret {
        SharedSecret::from(self.join(kem, curve.secret_bytes()))
    }
}

impl SupportedKxGroup for Hybrid {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let curve = self.curve.start()?;
        let kem = DecapsulationKey::generate(&kem::ML_KEM_768).map_err(|_| GetRandomFailed)?;
        let kem_share = kem
            .encapsulation_key()
            .and_then(|key| key.key_bytes())
            .map_err(|_| GetRandomFailed)?;
        let share = self.join(kem_share.as_ref(), curve.pub_key());
        Ok(Box::new(Exchange {
            hybrid: Self { ..*self },
            kem,
            curve,
            share,
        }))
    }

    /// The server's side: encapsulate to the client's key.
    fn start_and_complete(&self, peer: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let (kem_share, curve_share) = self.split(peer, KEM_KEY_BYTES)?;
        let curve = self.curve.start_and_complete(curve_share)?;
        let kem = EncapsulationKey::new(&kem::ML_KEM_768, kem_share).map_err(|_| INVALID_SHARE)?;
        let (ciphertext, kem_secret) = kem.encapsulate().map_err(|_| INVALID_SHARE)?;
        Ok(CompletedKeyExchange {
            group: self.name,
            pub_key: self.join(ciphertext.as_ref(), &curve.pub_key),
            secret: self.secret(kem_secret.as_ref(), &curve.secret),
        })
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.name
    }

    /// Approved in either order: the first part is an approved scheme, the second one adds to it (SP 800-56C).
    fn fips(&self) -> bool {
        super::FIPS
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

struct Exchange {
    hybrid: Hybrid,
    kem: DecapsulationKey,
    curve: Box<dyn ActiveKeyExchange>,
    share: Vec<u8>,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let (ciphertext, curve_share) = self.hybrid.split(peer, KEM_CIPHERTEXT_BYTES)?;
        let curve = self.curve.complete(curve_share)?;
        let kem = self
            .kem
            .decapsulate(ciphertext.into())
            .map_err(|_| INVALID_SHARE)?;
        Ok(self
            .hybrid
            .secret(&Zeroizing::new(kem.as_ref().to_vec()), &curve))
    }

    fn hybrid_component(&self) -> Option<(NamedGroup, &[u8])> {
        // A client in a fips build must not end up with X25519 alone through the back door.
        (!super::FIPS || self.hybrid.curve.fips())
            .then(|| (self.curve.group(), self.curve.pub_key()))
    }

    fn complete_hybrid_component(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        self.curve.complete(peer)
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        self.hybrid.name
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }
}

//! Chain building: from a leaf over the peer's certificates to a trusted one.
//!
//! Differences to Go: the first good chain ends the search, and the extensions for policy mapping and policy
//! constraints are refused when critical instead of being processed.
//!
//! Source: Go crypto/x509 verify.go `Verify`, `buildChains`, `isValid`, x509.go `CheckSignatureFrom`.

use der::asn1::ObjectIdentifier;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls_pki_types::{AlgorithmIdentifier, alg_id};

use super::{Hint, VerifyError, constraints, names, signature};
use crate::{
    pki::{
        certificate::{Certificate, SubjectKey},
        key::rsa_public_bits,
    },
    policy::{self, Unsupported},
    provider::{sign::refuse_ed25519_if_strict, verify},
    settings::Mode,
};

/// What the leaf must be good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Usage {
    ServerAuth,
    ClientAuth,
}

/// One verification.
pub(super) struct Search<'a> {
    pub(super) roots: &'a [Certificate],
    pub(super) intermediates: &'a [Certificate],
    /// Seconds since 1970.
    pub(super) now: u64,
    pub(super) usage: Usage,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) mode: Mode,
}

/// Most signatures one verification checks, so that a hostile pile of certificates costs a bounded time.
const SIGNATURE_CHECKS_MAX: usize = 100;

#[derive(Clone, Copy, Eq, PartialEq)]
enum Place {
    Leaf,
    Intermediate,
    Root,
}

impl Search<'_> {
    /// Checks the leaf, its name if `host` is given, and that a chain leads from it to a root, in Go's order.
    pub(super) fn verify(&self, leaf: &Certificate, host: Option<&str>) -> Result<(), VerifyError> {
        self.check(leaf, Place::Leaf, &[])?;
        check_key(self.mode, "the peer's certificate", &leaf.key)?;
        if let Some(host) = host {
            names::check(leaf, host)?;
        }
        let mut run = Run {
            signature_checks_left: SIGNATURE_CHECKS_MAX,
            rejection: None,
        };
        let found = if self.roots.iter().any(|root| root.der == leaf.der) {
            self.judge(&[leaf], &mut run) // a trusted leaf is a chain of one
        } else {
            self.extend(&[leaf], &mut run)?
        };
        match (found, run.rejection) {
            (Found::Rejected, Some(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Looks for an issuer of the last certificate of `chain`: first among the roots, then among the peer's.
    ///
    /// Without a chain the error is the one Go gives: why the last issuer with a good signature was not valid; else
    /// that the authority is unknown, with a hint about the first candidate.
    fn extend(&self, chain: &[&Certificate], run: &mut Run) -> Result<Found, VerifyError> {
        let (mut hint, mut last, mut is_rejected) = (None, None, false);
        let child = chain[chain.len() - 1];
        let roots = self.roots.iter().map(|candidate| (candidate, Place::Root));
        let intermediates = self
            .intermediates
            .iter()
            .map(|candidate| (candidate, Place::Intermediate));
        for (candidate, place) in roots
            .chain(intermediates)
            .filter(|(one, _)| one.subject == child.issuer)
        {
            if run.signature_checks_left == 0 {
                last = Some(VerifyError::TooMuchWork);
                break;
            }
            run.signature_checks_left -= 1;
            if chain.iter().any(|known| is_same_entity(known, candidate)) {
                continue;
            }
            if let Err(reason) = self.check_signed_by(child, candidate) {
                hint.get_or_insert_with(|| Hint::new(reason, candidate));
                continue;
            }
            last = self.check(candidate, place, chain).err();
            if let Some(reason) = &last {
                hint.get_or_insert_with(|| Hint::new(reason.clone(), candidate));
                continue;
            }
            let longer = [chain, &[candidate]].concat();
            let result = if place == Place::Root {
                Ok(self.judge(&longer, run))
            } else {
                self.extend(&longer, run)
            };
            match result {
                Ok(Found::Accepted) => return Ok(Found::Accepted),
                Ok(Found::Rejected) => is_rejected = true,
                Err(error) => last = Some(error),
            }
        }
        match last {
            _ if is_rejected => Ok(Found::Rejected),
            Some(error) => Err(error),
            None => Err(VerifyError::UnknownAuthority(hint)),
        }
    }

    /// Checks one certificate at its place; `chain` is what lies below it.
    fn check(
        &self,
        certificate: &Certificate,
        place: Place,
        chain: &[&Certificate],
    ) -> Result<(), VerifyError> {
        if certificate.extensions.unhandled_critical {
            return Err(VerifyError::UnhandledCriticalExtension);
        }
        if self.now < certificate.not_before {
            let not_before = certificate.not_before;
            return Err(VerifyError::NotYetValid {
                now: self.now,
                not_before,
            });
        }
        if self.now > certificate.not_after {
            let not_after = certificate.not_after;
            return Err(VerifyError::Expired {
                now: self.now,
                not_after,
            });
        }
        let basic = certificate.extensions.basic_constraints;
        if place == Place::Intermediate && !basic.is_some_and(|basic| basic.is_ca) {
            return Err(VerifyError::NotAuthorizedToSign);
        }
        let intermediates_max = basic
            .and_then(|basic| basic.intermediates_max)
            .map(usize::from);
        if intermediates_max.is_some_and(|max| chain.len().saturating_sub(1) > max) {
            return Err(VerifyError::TooManyIntermediates);
        }
        Ok(())
    }

    fn check_signed_by(
        &self,
        child: &Certificate,
        parent: &Certificate,
    ) -> Result<(), VerifyError> {
        let basic = parent.extensions.basic_constraints;
        let may_sign = match basic {
            Some(basic) => basic.is_ca,
            None => parent.version < 3, // older certificates cannot say
        };
        if !may_sign || parent.extensions.may_sign_certificates == Some(false) {
            return Err(VerifyError::ParentCannotSign);
        }
        check_key(self.mode, "an issuer's certificate", &parent.key)?;
        let mut candidates = self.algorithms.all.iter().filter(|algorithm| {
            child.signature_algorithm == algorithm.signature_alg_id().as_ref()
                && parent.key.algorithm == algorithm.public_key_alg_id().as_ref()
        });
        let algorithm = candidates.next().ok_or_else(|| {
            VerifyError::Signature(signature::refusal(&child.signature_algorithm))
        })?;
        algorithm
            .verify_signature(&parent.key.bits, &child.signed, &child.signature)
            .map_err(|_| VerifyError::Signature(signature::mismatch(&parent.key)))
    }

    /// What can only be said about a whole chain, leaf first. A forbidden name says more than a usage, so its error
    /// stays.
    fn judge(&self, chain: &[&Certificate], run: &mut Run) -> Found {
        let wanted = match self.usage {
            Usage::ServerAuth => SERVER_AUTH,
            Usage::ClientAuth => CLIENT_AUTH,
        };
        let allows = |certificate: &&Certificate| {
            let usages = &certificate.extensions.extended_key_usage;
            usages.is_empty() || usages.contains(&wanted) || usages.contains(&ANY_USAGE)
        };
        if !chain.iter().all(allows) {
            run.rejection.get_or_insert(VerifyError::IncompatibleUsage);
            return Found::Rejected;
        }
        match constraints::check(chain) {
            Ok(()) => Found::Accepted,
            Err(_) if matches!(run.rejection, Some(VerifyError::NameConstraint(_))) => {
                Found::Rejected
            }
            Err(name) => {
                run.rejection = Some(VerifyError::NameConstraint(name));
                Found::Rejected
            }
        }
    }
}

/// What a search has used up and come across.
struct Run {
    signature_checks_left: usize,
    /// Why the chains that were found may not be used.
    rejection: Option<VerifyError>,
}

/// A chain to a root was found.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Found {
    Accepted,
    Rejected,
}

impl Hint {
    fn new(reason: VerifyError, candidate: &Certificate) -> Self {
        Self {
            reason: Box::new(reason),
            candidate: candidate.common_name.clone().unwrap_or_default(),
        }
    }
}

/// Refuses keys the policy does not take, and those of a kind the provider lacks, wherever they stand in a chain.
pub(super) fn check_key(mode: Mode, owner: &str, key: &SubjectKey) -> Result<(), VerifyError> {
    if key.algorithm == alg_id::ED25519.as_ref() {
        return refuse_ed25519_if_strict(mode).map_err(VerifyError::Policy);
    }
    if key.algorithm == alg_id::ECDSA_P521.as_ref() && !verify::supports_keys(&alg_id::ECDSA_P521) {
        let error = Unsupported::new("P-521", "build with aws-lc or fips");
        return Err(VerifyError::Unsupported(error));
    }
    let is_known = |curve: &AlgorithmIdentifier| key.algorithm == curve.as_ref();
    if key.algorithm.starts_with(EC_PUBLIC_KEY) && !CURVES.iter().any(is_known) {
        return Err(VerifyError::UnsupportedCurve);
    }
    if key.algorithm != alg_id::RSA_ENCRYPTION.as_ref() {
        return Ok(()); // other kinds have no algorithm here, or one fixed size
    }
    match rsa_public_bits(&key.bits) {
        Some(policy::RSA_BITS_MIN..) => Ok(()),
        Some(bits) => Err(VerifyError::Policy(policy::rsa_too_small(
            mode, owner, bits,
        ))),
        None => Err(VerifyError::Malformed),
    }
}

/// The same name, key and alternative names: cross-signed copies of one authority must not make loops.
fn is_same_entity(one: &Certificate, other: &Certificate) -> bool {
    let names = |certificate: &Certificate| {
        certificate
            .extensions
            .alternative_names
            .as_ref()
            .map(|names| names.texts().collect::<Vec<_>>())
    };
    one.subject == other.subject && one.key == other.key && names(one) == names(other)
}

const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
/// The curves Go reads; P-224 has no algorithm here, as it has no scheme in TLS.
const CURVES: [AlgorithmIdentifier; 4] = [
    AlgorithmIdentifier::from_slice(
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x21",
    ),
    alg_id::ECDSA_P256,
    alg_id::ECDSA_P384,
    alg_id::ECDSA_P521,
];
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

//! Verification of peers, as Go's crypto/x509 does it.
//!
//! `path` builds chains, `names` matches host names, `constraints` applies name constraints; here is the error they
//! share, with Go's words (`signature` has some more). `peer` plugs it all into rustls.

mod constraints;
mod names;
mod path;
mod peer;
mod revocation;
mod signature;

use std::{path::PathBuf, time::Duration};

use der::DateTime;

use crate::policy::{PolicyError, Unsupported};

pub(crate) use self::peer::{ClientRules, PeerVerifier, ServerNameCheck};

/// Why a peer's certificate is not accepted. The texts are Go's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// A certificate does not parse.
    #[error("x509: malformed certificate")]
    Malformed,
    /// No chain leads to a trusted certificate. The hint says why the likeliest issuer was not one.
    #[error("x509: certificate signed by unknown authority{}", hint_text(.0.as_ref()))]
    // Go's text
    UnknownAuthority(Option<Hint>),
    /// After its time.
    #[error("{EXPIRED} current time {} is after {}", rfc3339(*.now), rfc3339(*.not_after))]
    // Go's text
    Expired {
        /// The time of the check, in seconds since 1970.
        now: u64,
        /// The last valid second.
        not_after: u64,
    },
    /// Before its time.
    #[error("{EXPIRED} current time {} is before {}", rfc3339(*.now), rfc3339(*.not_before))]
    // Go's text
    NotYetValid {
        /// The time of the check, in seconds since 1970.
        now: u64,
        /// The first valid second.
        not_before: u64,
    },
    /// An issuer that is no authority.
    #[error("x509: certificate is not authorized to sign other certificates")] // Go's text
    NotAuthorizedToSign,
    /// More intermediates than an authority allows.
    #[error("x509: too many intermediates for path length constraint")] // Go's text
    TooManyIntermediates,
    /// Not made for this side of TLS.
    #[error("x509: certificate specifies an incompatible key usage")] // Go's text
    IncompatibleUsage,
    /// A critical extension nobody here acts on.
    #[error("x509: unhandled critical extension")] // Go's text
    UnhandledCriticalExtension,
    /// A name an authority may not sign for.
    #[error(
        "x509: a root or intermediate certificate is not authorized to sign for this name: {0}"
    )] // Go's text
    NameConstraint(String),
    /// Not the host that was asked for.
    #[error("{0}")] // Go's text
    HostName(String),
    /// A signature that does not verify, or of an algorithm that is not accepted.
    #[error("{0}")] // Go's text
    Signature(&'static str),
    /// A parent that may not sign.
    #[error("x509: invalid signature: parent certificate cannot sign this kind of certificate")]
    // Go's text
    ParentCannotSign,
    /// A search that costs too much.
    #[error("x509: signature check attempts limit reached while verifying certificate chain")]
    // Go's text
    TooMuchWork,
    /// None of the allowed names.
    #[error("could not find allowed SANs in client cert, found: [{}]", .0.join(" "))]
    // upstream's text (toolkit)
    NotAllowed(Vec<String>),
    /// None of the allowed common or host names.
    #[error("client certificate authentication failed")] // upstream's text (etcd)
    NotAuthenticated,
    /// On the revocation list.
    #[error("transport: certificate serial {0} revoked")] // upstream's text (etcd)
    Revoked(String),
    /// The revocation list cannot be read.
    #[error("open {}: {reason}", .path.display())] // Go's text
    RevocationList {
        /// The file.
        path: PathBuf,
        /// What happened; part of the text, as upstream.
        reason: String,
    },
    /// The revocation list is none.
    #[error("x509: malformed crl")] // Go's text
    MalformedRevocationList,
    /// A key the policy refuses.
    #[error(transparent)]
    Policy(PolicyError),
    /// A key on a curve nobody here knows.
    #[error("x509: unsupported elliptic curve")] // Go's text
    UnsupportedCurve,
    /// A key the provider cannot check signatures with.
    #[error(transparent)]
    Unsupported(Unsupported),
}

impl VerifyError {
    /// True when the certificate itself is in order and a list of the operator decided: Go's services say so without
    /// the words that Go puts before a failed verification.
    pub(crate) fn is_decided_by_list(&self) -> bool {
        matches!(
            self,
            Self::NotAllowed(_)
                | Self::NotAuthenticated
                | Self::Revoked(_)
                | Self::RevocationList { .. }
                | Self::MalformedRevocationList
        )
    }
}

const EXPIRED: &str = "x509: certificate has expired or is not yet valid:";

fn rfc3339(seconds: u64) -> String {
    let time = DateTime::from_unix_duration(Duration::from_secs(seconds));
    time.map_or_else(
        |_| format!("{seconds} seconds after 1970"),
        |time| time.to_string(),
    )
}

/// Why a certificate that looked like the issuer was not accepted as one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hint {
    /// What was wrong with it.
    pub reason: Box<VerifyError>,
    /// Its common name.
    pub candidate: String,
}

fn hint_text(hint: Option<&Hint>) -> String {
    hint.map_or_else(String::new, |hint| {
        format!(
            " (possibly because of \"{}\" while trying to verify candidate authority certificate {:?})",
            hint.reason, hint.candidate
        )
    })
}

/// Verifies a certificate as a leaf, below itself as an intermediate, and as its own root, for `crypto::fuzz`.
#[cfg(feature = "test-util")]
pub(crate) fn fuzz_certificate_path(certificate: &crate::pki::certificate::Certificate) {
    let alone = std::slice::from_ref(certificate);
    for (roots, intermediates) in [(&[][..], alone), (alone, alone)] {
        let search = path::Search {
            roots,
            intermediates,
            now: certificate.not_before,
            usage: path::Usage::ServerAuth,
            algorithms: crate::provider::verify::SUPPORTED,
            mode: crate::settings::Mode::Standard,
        };
        let _ = search.verify(certificate, Some("p256.test"));
    }
    let _ = constraints::check(&[certificate, certificate]);
}

#[cfg(test)]
mod tests;

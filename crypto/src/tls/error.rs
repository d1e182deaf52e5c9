//! Why a TLS configuration cannot be built, and how a failed handshake reads in the log.

use std::{iter, sync::Arc, time::Duration};

use rustls::{CertificateError, Error, OtherError};
use rustls_pki_types::UnixTime;

use crate::{
    policy::{PolicyError, Unsupported},
    tls::{Dialect, IdentityError, VerifyError, alert},
};

/// Why a TLS configuration cannot be built. Texts of upstream are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A cipher suite Go does not know either.
    #[error("{}", match .dialect {
        Dialect::Toolkit => format!("unknown cipher: {name}"), // upstream's text
        Dialect::Etcd => format!("unexpected TLS cipher suite {name:?}"), // upstream's text
    })]
    UnknownCipher {
        /// Whose configuration it is.
        dialect: Dialect,
        /// What was written.
        name: String,
    },
    /// A curve Go does not know either.
    #[error("unknown curve: {0}")] // upstream's text
    UnknownCurve(String),
    /// A protocol version upstream does not know either.
    #[error("{}", match .dialect {
        Dialect::Toolkit => format!("unknown TLS version: {name}"), // upstream's text
        Dialect::Etcd => format!("unexpected TLS version {name:?} (must be one of: TLS1.2, TLS1.3)"), // upstream's text
    })]
    UnknownVersion {
        /// Whose configuration it is.
        dialect: Dialect,
        /// What was written.
        name: String,
    },
    /// The minimum lies above the maximum.
    #[error("min version ({min}) is greater than max version ({max})")]
    // upstream's text (etcd)
    VersionOrder {
        /// The minimum as written.
        min: &'static str,
        /// The maximum as written.
        max: &'static str,
    },
    /// etcd refuses a suite list that could have no effect.
    #[error("cipher suites cannot be configured when only TLS1.3 is enabled")]
    // upstream's text (etcd)
    SuitesWithoutTls12,
    /// HTTP/2 must offer AES-128-GCM over TLS 1.2.
    #[error(
        "http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least one of \
         TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)"
    )] // upstream's text (golang.org/x/net/http2)
    Http2Cipher,
    /// Not a client certificate mode.
    #[error("invalid ClientAuth: {0}")] // upstream's text
    InvalidClientAuth(String),
    /// A client CA is given, but clients are never asked for a certificate.
    #[error("client CA's have been configured without a Client Auth Policy")]
    // upstream's text
    ClientCaWithoutPolicy,
    /// Refused by rule.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The provider cannot.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The certificate and key do not load.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// rustls refused the configuration.
    #[error("tls configuration")]
    Rustls(#[from] Error),
}

/// Returns the text a failed handshake has in the log: Go's words where a certificate or the other side was the reason.
#[must_use]
pub fn handshake_error_text(error: &Error) -> String {
    let reason = match error {
        Error::NoCertificatesPresented => {
            return "tls: client didn't provide a certificate".to_owned();
        } // Go's text
        Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            match inner.downcast_ref::<VerifyError>() {
                Some(error) if error.is_decided_by_list() => return error.to_string(),
                _ => inner.to_string(),
            }
        }
        Error::AlertReceived(alert) => return alert::received(*alert),
        Error::Other(OtherError(inner)) => return chain(inner.as_ref()),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            VerifyError::UnknownAuthority(None).to_string()
        }
        Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }) => {
            VerifyError::Expired {
                now: time.as_secs(),
                not_after: not_after.as_secs(),
            }
            .to_string()
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { time, not_before }) => {
            VerifyError::NotYetValid {
                now: time.as_secs(),
                not_before: not_before.as_secs(),
            }
            .to_string()
        }
        other => return other.to_string(),
    };
    format!("tls: failed to verify certificate: {reason}") // Go's text
}

/// An error with its causes, joined as Go wraps them.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl From<VerifyError> for Error {
    /// Chooses the form whose alert is the one Go sends, where rustls has one that keeps our words: `unknown_ca` and
    /// `certificate_expired`. Everything else is sent as `certificate_unknown`.
    fn from(error: VerifyError) -> Self {
        let time = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        Self::InvalidCertificate(match error {
            VerifyError::UnknownAuthority(None) => CertificateError::UnknownIssuer,
            VerifyError::Expired { now, not_after } => CertificateError::ExpiredContext {
                time: time(now),
                not_after: time(not_after),
            },
            VerifyError::NotYetValid { now, not_before } => CertificateError::NotValidYetContext {
                time: time(now),
                not_before: time(not_before),
            },
            other => CertificateError::Other(OtherError(Arc::new(other))),
        })
    }
}

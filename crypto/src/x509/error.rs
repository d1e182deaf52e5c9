//! Why there is no certificate.

use crate::{
    random::RandomError,
    sign::{KeyError, SignError},
};

/// Why no certificate is made.
#[derive(Debug, thiserror::Error)]
pub enum X509Error {
    /// A name that is no DNS name, IP address, e-mail address or URI, or is not ASCII.
    #[error("{0:?} is no name for a certificate")]
    Name(String),
    /// The end lies before the beginning, or outside what certificates can say (1970 to 9999).
    #[error("the certificate's time from {from} to {until} is not one")]
    Validity {
        /// First second, since 1970.
        from: u64,
        /// Last second, since 1970.
        until: u64,
    },
    /// The authority's certificate does not parse.
    #[error("x509: malformed certificate")]
    Malformed,
    /// The authority's certificate may not sign others.
    #[error("the certificate is not that of an authority")]
    NotAnAuthority,
    /// The authority's key is not that of its certificate.
    #[error("tls: private key does not match public key")] // Go's text
    KeyMismatch,
    /// The authority's key does not load.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// No serial number could be drawn.
    #[error(transparent)]
    Random(#[from] RandomError),
}

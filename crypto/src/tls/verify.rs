//! Verification of certificate chains, as Go's crypto/x509 does it.

/// Why a chain does not verify. The texts are Go's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// No chain leads to a trusted certificate.
    #[error("x509: certificate signed by unknown authority")] // Go's text
    UnknownAuthority,
}

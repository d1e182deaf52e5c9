//! The rules: their codes, and the error a refused operation returns. What is refused where stands beside each
//! operation; this file holds the words.

use std::fmt;

use crate::{provider, settings::Mode};

/// The rule that refused, by its published number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PolicyCode {
    /// POL-001: digest.
    Digest = 1,
    /// POL-002: signature algorithm or curve.
    Signature = 2,
    /// POL-003: key too small.
    KeySize = 3,
    /// POL-004: no usable cipher suite left.
    NoCipherSuite = 4,
    /// POL-005: no usable group left.
    NoGroup = 5,
    /// POL-006: protocol version.
    Version = 6,
    /// POL-007: nonce chosen by the caller.
    CallerNonce = 7,
    /// POL-008: HMAC key shorter than 112 bits.
    HmacKey = 8,
    /// POL-009: password hash scheme or parameters.
    PasswordHash = 9,
    /// POL-010: cipher.
    Cipher = 10,
    /// POL-011: more than one provider linked.
    ProviderMix = 11,
    /// POL-012: module version not on the validated list.
    ModuleVersion = 12,
    /// POL-013: self-test or integrity failure.
    SelfTest = 13,
    /// POL-014: container format that needs algorithms that are not approved.
    LegacyContainer = 14,
}

impl fmt::Display for PolicyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "POL-{:03}", *self as u8)
    }
}

/// Something a rule refuses. The provider could do it; see [`Unsupported`] for what it cannot.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("crypto policy {code} ({}): {what} is not allowed: {why}; use {alternatives}", .mode.name())]
pub struct PolicyError {
    /// The rule.
    pub code: PolicyCode,
    /// The mode it was applied in.
    pub mode: Mode,
    /// What was asked for.
    pub what: String,
    /// Why not.
    pub why: &'static str,
    /// What to use instead.
    pub alternatives: &'static str,
}

/// Something the linked provider does not implement.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("provider {} does not implement {what}; {advice}", provider().name())]
pub struct Unsupported {
    /// What was asked for.
    pub what: String,
    /// Which build has it, or what to use instead.
    pub advice: &'static str,
}

impl Unsupported {
    pub(crate) fn new(what: impl Into<String>, advice: &'static str) -> Self {
        Self {
            what: what.into(),
            advice,
        }
    }
}

/// Why an operation was not done: by rule, or for want of an implementation.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// A rule says no.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The provider cannot.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

pub(crate) fn refuse(
    mode: Mode,
    code: PolicyCode,
    what: impl Into<String>,
    why: &'static str,
    alternatives: &'static str,
) -> PolicyError {
    PolicyError {
        code,
        mode,
        what: what.into(),
        why,
        alternatives,
    }
}

/// Fewest bits of an RSA key, own or a peer's, in every build (SP 800-131A: 112 bits of strength).
pub const RSA_BITS_MIN: usize = 2048;

pub(crate) fn rsa_too_small(mode: Mode, owner: &str, bits: usize) -> PolicyError {
    refuse(
        mode,
        PolicyCode::KeySize,
        format!("{owner} with an RSA key of {bits} bits"),
        "the minimum is 2048 bits",
        "RSA 2048 or larger, or ECDSA P-256 or P-384",
    )
}

pub(crate) fn rsa_odd(mode: Mode, bits: usize) -> PolicyError {
    refuse(
        mode,
        PolicyCode::KeySize,
        format!("a private key with an RSA key of {bits} bits"),
        "the number of bits must be even",
        "RSA 2048, 3072 or 4096",
    )
}

pub(crate) fn curve_not_listed(mode: Mode, owner: &str, curve: &str) -> PolicyError {
    refuse(
        mode,
        PolicyCode::Signature,
        format!("{owner} on the elliptic curve {curve}"),
        "the curve is not on the list",
        "P-256, P-384 or P-521",
    )
}

#[cfg(test)]
mod tests {
    use super::{PolicyCode, Unsupported, rsa_too_small};
    use crate::settings::Mode;

    #[test]
    fn a_refusal_names_rule_mode_reason_and_way_out() {
        assert_eq!(
            rsa_too_small(Mode::FipsStrict, "certificate", 1024).to_string(),
            "crypto policy POL-003 (fips-strict): certificate with an RSA key of 1024 bits is not allowed: \
             the minimum is 2048 bits; use RSA 2048 or larger, or ECDSA P-256 or P-384"
        );
        assert_eq!(PolicyCode::LegacyContainer.to_string(), "POL-014");
    }

    #[test]
    fn what_the_provider_cannot_do_is_said_differently() {
        let text = Unsupported::new("P-521", "build with aws-lc or fips").to_string();
        assert_eq!(
            text,
            format!(
                "provider {} does not implement P-521; build with aws-lc or fips",
                crate::provider().name()
            )
        );
    }
}

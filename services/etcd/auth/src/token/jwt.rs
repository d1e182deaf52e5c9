//! Tokens that are signed: the claims `username`, `revision` and `exp`.
//!
//! What a key has verified once is remembered until it ends, so that a request costs no signature.
//!
//! Source: etcd server/auth/jwt.go.

use std::{collections::HashMap, time::Duration};

use crypto::jwt::{Claims, SigningKey, VerifyingKey};
use serde_json::Value;
use tracing::warn;

use crate::{AuthError, AuthInfo};

/// Keys and the time of tokens.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// Believes tokens.
    pub verifying: VerifyingKey,
    /// Makes them; `None` on a member that has the public key only.
    pub signing: Option<SigningKey>,
    /// How long a token counts, in nanoseconds; may be negative, as upstream's may.
    pub ttl_nanos: i64,
}

/// A token that is to be signed, which takes up to milliseconds.
#[derive(Clone, Debug)]
pub struct PendingToken {
    key: SigningKey,
    ttl_nanos: i64,
    username: String,
    revision: u64,
}

#[derive(Debug)]
pub(crate) struct JwtTokens {
    config: JwtConfig,
    /// Tokens that were verified.
    known: HashMap<Box<str>, Known>,
}

#[derive(Clone, Debug)]
struct Known {
    info: AuthInfo,
    /// When the token begins and ends to count, in seconds since 1970.
    begin: f64,
    end: f64,
}

impl JwtTokens {
    pub(super) fn new(config: JwtConfig) -> Self {
        Self {
            config,
            known: HashMap::new(),
        }
    }

    pub(super) fn issue(&self, username: &str, revision: u64) -> Result<PendingToken, AuthError> {
        Ok(PendingToken {
            key: self.config.signing.clone().ok_or(AuthError::VerifyOnly)?,
            ttl_nanos: self.config.ttl_nanos,
            username: username.to_owned(),
            revision,
        })
    }

    pub(super) fn identify(&mut self, token: &str, since_epoch: Duration) -> Option<AuthInfo> {
        if let Some(known) = self.known.get(token) {
            if known.counts_at(since_epoch) {
                return Some(known.info.clone());
            }
            self.known.remove(token);
        }
        let claims = match self.config.verifying.verify(token, since_epoch.as_secs()) {
            Ok(claims) => claims,
            Err(error) => {
                warn!(error = %error, "failed to parse a JWT token"); // upstream's text
                return None;
            }
        };
        let known = Known::of(&claims)?;
        let info = known.info.clone();
        self.remember(token, known, since_epoch);
        Some(info)
    }

    fn remember(&mut self, token: &str, known: Known, since_epoch: Duration) {
        if token.len() > KNOWN_TOKEN_BYTES_MAX {
            return; // verified again each time
        }
        if self.known.len() >= KNOWN_MAX {
            self.known.retain(|_, known| known.counts_at(since_epoch));
        }
        if self.known.len() >= KNOWN_MAX {
            self.known.clear(); // each is verified once more
        }
        self.known.insert(token.into(), known);
    }
}

impl Known {
    fn of(claims: &Claims) -> Option<Self> {
        let Some(username) = claims.get("username").and_then(Value::as_str) else {
            warn!("failed to obtain user claims from jwt token"); // upstream's text
            return None;
        };
        let Some(revision) = claims.get("revision").and_then(Value::as_f64) else {
            warn!("failed to obtain revision claims from jwt token"); // upstream's text
            return None;
        };
        let date = |name| claims.get(name).and_then(Value::as_f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "upstream's conversion; what does not fit is no revision of ours"
        )]
        let revision = revision as u64;
        Some(Self {
            info: AuthInfo {
                username: username.into(),
                revision,
            },
            begin: date("nbf").unwrap_or(f64::NEG_INFINITY),
            end: date("exp").unwrap_or(f64::INFINITY),
        })
    }

    fn counts_at(&self, since_epoch: Duration) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds are exact in f64 for 285 million years"
        )]
        let now = since_epoch.as_secs() as f64;
        self.begin <= now && now < self.end
    }
}

impl PendingToken {
    /// Signs the token.
    ///
    /// # Errors
    /// [`AuthError::Sign`] when the key does not sign.
    pub fn sign(self, since_epoch: Duration) -> Result<String, AuthError> {
        let end = i128::try_from(since_epoch.as_nanos()).unwrap_or(i128::MAX)
            + i128::from(self.ttl_nanos);
        let end = end.div_euclid(NANOS_PER_SECOND);
        let mut claims = Claims::new();
        claims.insert("username".to_owned(), self.username.into());
        claims.insert("revision".to_owned(), self.revision.into());
        claims.insert(
            "exp".to_owned(),
            i64::try_from(end).unwrap_or(i64::MAX).into(),
        );
        Ok(self.key.sign(&claims)?)
    }
}

/// Most tokens that are remembered as verified, and the longest one that is: 4 MiB together. One of an RSA key of 4096
/// bits has less than 800 bytes.
const KNOWN_MAX: usize = 4096;
const KNOWN_TOKEN_BYTES_MAX: usize = 1024;
const NANOS_PER_SECOND: i128 = 1_000_000_000;

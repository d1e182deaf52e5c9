//! Tokens: who somebody is, without a password in every request.
//!
//! Source: etcd server/auth/store.go `AuthInfoFromCtx`, `Authenticate`, `GenTokenPrefix`.

mod jwt;
mod simple;

use std::time::{Duration, Instant};

use crypto::digest;
use etcd_api::{Error, etcdserverpb::InternalAuthenticateRequest};
use tracing::warn;

use self::{jwt::JwtTokens, simple::SimpleTokens};
pub use self::{
    jwt::{JwtConfig, PendingToken},
    simple::TOKENS_MAX,
};
use crate::{AuthError, AuthInfo, AuthStore, request::Entry};

/// The kind of tokens a member gives and believes.
#[derive(Debug)]
pub enum TokenConfig {
    /// Random letters that every member remembers.
    Simple {
        /// How long one counts after its last use; zero means 300 seconds.
        ttl: Duration,
    },
    /// Signed, and remembered by nobody.
    Jwt(JwtConfig),
    /// None at all: nobody logs in with a password.
    None,
}

/// What came with a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    /// The metadata `token`, or else `authorization`, as it came.
    pub token: Option<&'a str>,
    /// The name of the client's verified certificate; `None` without `--client-cert-auth`, and for the gateway.
    pub common_name: Option<&'a str>,
}

/// Who asks, or when that can be said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identified {
    /// This one, or nobody.
    As(AuthInfo),
    /// Ask again once this index is applied; the request fails with [`Error::InvalidAuthToken`] if its time ends before.
    After(u64),
}

/// A token for a user who logged in.
#[derive(Clone, Debug)]
pub enum Issued {
    /// This one.
    Token(String),
    /// One that another thread must sign, on the member that answers.
    Pending(PendingToken),
}

/// The time, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For what this process counts itself.
    pub instant: Instant,
    /// Since 1970, for what is written into tokens.
    pub since_epoch: Duration,
}

#[derive(Debug)]
pub(crate) enum Tokens {
    Simple(SimpleTokens),
    Jwt(JwtTokens),
    None,
}

impl Tokens {
    pub(crate) fn new(config: TokenConfig) -> Self {
        match config {
            TokenConfig::Simple { ttl } => {
                warn!("simple token is not cryptographically signed"); // upstream's text
                Self::Simple(SimpleTokens::new(ttl))
            }
            TokenConfig::Jwt(config) => Self::Jwt(JwtTokens::new(config)),
            TokenConfig::None => Self::None,
        }
    }

    /// Logs everybody out whose token is remembered.
    pub(crate) fn clear(&mut self) {
        if let Self::Simple(tokens) = self {
            tokens.clear();
        }
    }

    /// Logs one user out, if his token is remembered.
    pub(crate) fn forget_user(&mut self, username: &str) {
        if let Self::Simple(tokens) = self {
            tokens.forget_user(username);
        }
    }
}

impl AuthStore {
    /// Finds out who asks. Nobody does while auth is disabled.
    ///
    /// # Errors
    /// [`Error::InvalidAuthToken`] for a token nobody gave or whose time is over.
    pub fn identify(
        &mut self,
        credentials: Credentials<'_>,
        applied_index: u64,
        now: Now,
    ) -> Result<Identified, AuthError> {
        if !self.is_enabled() {
            return Ok(Identified::As(AuthInfo::nobody()));
        }
        let revision = self.revision();
        let Some(token) = credentials.token else {
            let named = credentials.common_name.map(|name| AuthInfo {
                username: name.into(),
                revision,
            });
            return Ok(Identified::As(named.unwrap_or_else(AuthInfo::nobody)));
        };
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        let found = match &mut self.tokens {
            Tokens::Simple(tokens) => match simple::index_of(token) {
                Some(index) if index > applied_index => return Ok(Identified::After(index)),
                Some(_) => tokens
                    .user_of(token, now.instant)
                    .map(|username| AuthInfo { username, revision }),
                None => None,
            },
            Tokens::Jwt(tokens) => tokens.identify(token, now.since_epoch),
            Tokens::None => None,
        };
        match found {
            Some(info) => Ok(Identified::As(info)),
            None => {
                warn!(
                    "token-fingerprint" = fingerprint(token),
                    "invalid auth token" // upstream's text
                );
                Err(Error::InvalidAuthToken.into())
            }
        }
    }

    /// Draws what the log entry of a login carries, so that every member remembers the same token. Empty when tokens
    /// are not remembered.
    #[must_use]
    pub fn token_prefix(&self) -> String {
        match self.tokens {
            Tokens::Simple(_) => simple::draw_prefix(),
            Tokens::Jwt(_) | Tokens::None => String::new(),
        }
    }

    /// Forgets tokens whose time is over. Once a second is often enough: they are refused without it.
    pub fn expire_tokens(&mut self, now: Instant) {
        if let Tokens::Simple(tokens) = &mut self.tokens {
            tokens.expire(now);
        }
    }

    /// Gives a token to a user whose password was checked before the entry was proposed.
    pub(crate) fn authenticate(
        &mut self,
        request: &InternalAuthenticateRequest,
        entry: Entry,
    ) -> Result<Issued, AuthError> {
        if !self.is_enabled() {
            return Err(Error::AuthNotEnabled.into());
        }
        let user = self.user(&request.name);
        if !user.is_some_and(|user| user.has_password()) {
            return Err(Error::AuthFailed.into());
        }
        let revision = self.revision();
        match &mut self.tokens {
            Tokens::Simple(tokens) => {
                let token = format!("{}.{}", request.simple_token, entry.index);
                tokens.assign(&request.name, &token, entry.now);
                Ok(Issued::Token(token))
            }
            Tokens::Jwt(tokens) => Ok(Issued::Pending(tokens.issue(&request.name, revision)?)),
            Tokens::None => Err(Error::AuthFailed.into()),
        }
    }
}

/// What a log may say of a token: the first 12 hexadecimal digits of its SHA-256.
#[must_use]
pub fn fingerprint(token: &str) -> String {
    digest::hex(&digest::sha256(token.as_bytes())[..6])
}

#[cfg(test)]
mod tests;

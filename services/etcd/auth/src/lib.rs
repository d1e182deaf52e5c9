//! Users, roles and permissions of etcd 3.7, and the tokens that say who somebody is.
//!
//! A plain state machine: [`AuthStore::apply`] takes one committed request, changes memory, and adds what must last to the
//! batch of its entry. It never reads the clock, never waits, and hashes no password: what takes milliseconds (bcrypt,
//! signatures of tokens) is handed out as a value that another thread works off ([`PasswordCheck`], [`PendingToken`],
//! [`hash_new_user`]). Which requests there are and when they are proposed is left to the server.
//!
//! Source: etcd v3.7 server/auth; server/etcdserver/apply/auth.go.

mod access;
mod error;
mod password;
mod range_perm;
mod record;
mod request;
mod store;
#[cfg(test)]
mod test_util;
mod token;

pub use crate::{
    access::LeaseKeys,
    error::{AuthError, LoadError},
    password::{PasswordCheck, hash_changed_password, hash_new_user},
    request::{Entry, Request, Response},
    store::{AuthConfig, AuthStore, BCRYPT_COST_DEFAULT, ROOT},
    token::{
        Credentials, Identified, Issued, JwtConfig, Now, PendingToken, TOKENS_MAX, TokenConfig,
        fingerprint,
    },
};

use std::sync::Arc;

/// Who asks, as found out from a token or a certificate; nobody when there was neither, or while auth is disabled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthInfo {
    /// The name of the user; empty for nobody.
    pub username: Arc<str>,
    /// The auth revision the rights are taken from; 0 for nobody.
    pub revision: u64,
}

/// Who asks, as the header of a raft entry says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Who<'a> {
    /// The name of the user; empty for nobody.
    pub username: &'a str,
    /// The auth revision the rights are taken from; 0 for nobody.
    pub revision: u64,
}

impl AuthInfo {
    /// Returns nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            username: Arc::from(""),
            revision: 0,
        }
    }

    /// Returns the same, borrowed.
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        Who {
            username: &self.username,
            revision: self.revision,
        }
    }
}

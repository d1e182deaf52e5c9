//! Basic authentication against password hashes, one hash at a time, results remembered. Upstream has bcrypt only; ours
//! also takes `$pbkdf2-sha256$` hashes, which the strict policy allows.
//!
//! Source: exporter-toolkit web/handler.go, web/cache.go; Go net/http request.go `parseBasicAuth`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto::{digest::sha256, password};
use http::{HeaderMap, header};
use parking_lot::Mutex;

/// Checks logins.
#[derive(Debug, Default)]
pub(super) struct Logins {
    known: Mutex<Vec<Known>>,
    /// Held while a password is hashed: hashing is meant to be expensive, so it gets one core at most.
    hashing: tokio::sync::Mutex<()>,
}

/// The outcome of one (user, hash, password).
#[derive(Debug)]
struct Known {
    /// Digest of the three: passwords do not stay in memory.
    key: [u8; 32],
    is_right: bool,
}

impl Logins {
    /// Says whether the request carries the right password of one of the users.
    pub(super) async fn admit(&self, headers: &HeaderMap, users: &[(String, String)]) -> bool {
        let Some((user, password)) = credentials(headers) else {
            return false;
        };
        let hash = users
            .iter()
            .find(|(name, _)| name.as_bytes() == user)
            .map(|(_, hash)| hash.as_str());
        let is_user = hash.is_some();
        // An unknown name takes as long as a known one, whichever scheme the users have.
        let like_others = users.first().map_or(DUMMY_HASH, |(_, hash)| hash.as_str());
        let hash = hash.unwrap_or(like_others);
        let key = key(&user, hash, &password);
        if let Some(is_right) = self.recall(&key) {
            return is_right && is_user;
        }
        let _one_at_a_time = self.hashing.lock().await;
        // Somebody may have had the same question while this one waited.
        if let Some(is_right) = self.recall(&key) {
            return is_right && is_user;
        }
        let hash = hash.to_owned();
        let hashed = tokio::task::spawn_blocking(move || password::verify(&hash, &password));
        // A hash that is none (written into the file later) fails its user, as upstream; so does a lost thread.
        let is_right = is_user && matches!(hashed.await, Ok(Ok(true)));
        self.remember(key, is_right);
        is_right
    }

    fn recall(&self, key: &[u8; 32]) -> Option<bool> {
        let known = self.known.lock();
        let entry = known.iter().find(|known| known.key == *key);
        entry.map(|known| known.is_right)
    }

    /// Remembers an outcome. A full memory forgets its oldest wrong one first, so that guessing does not slow down those
    /// who know their password.
    fn remember(&self, key: [u8; 32], is_right: bool) {
        let mut known = self.known.lock();
        if known.len() >= KNOWN_MAX {
            let oldest_wrong = known.iter().position(|known| !known.is_right);
            known.remove(oldest_wrong.unwrap_or(0));
        }
        known.push(Known { key, is_right });
    }
}

/// Reads user and password of a request, by Go's rules.
fn credentials(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    const SCHEME: &[u8] = b"basic ";
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = value.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let decoded = STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}

fn key(user: &[u8], hash: &str, password: &[u8]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(user.len() + hash.len() + password.len() + 16);
    for part in [user, hash.as_bytes()] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes.extend_from_slice(password);
    sha256(&bytes)
}

/// Compared with when there are no users at all.
const DUMMY_HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"; // upstream's

/// Outcomes remembered.
const KNOWN_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn credentials_are_read_as_go_reads_them() {
        let pair = |user: &str, password: &str| Some((user.into(), password.into()));
        assert_eq!(credentials(&headers("Basic YTpiOmM=")), pair("a", "b:c"));
        assert_eq!(credentials(&headers("bAsIc Og==")), pair("", ""));
        for wrong in [
            "",
            "Basic",
            "Basic ",
            "Basic YQ==",
            "Basic YTpi\tx",
            "Bearer YTpi",
            "Basic  YTpi",
            "Basic YTo",
        ] {
            assert_eq!(credentials(&headers(wrong)), None, "{wrong:?}");
        }
        assert_eq!(credentials(&HeaderMap::new()), None);
    }

    #[test]
    fn a_full_memory_keeps_the_right_ones() {
        let logins = Logins::default();
        logins.remember([0xff; 32], true);
        for guess in 0..250_u8 {
            logins.remember([guess; 32], false);
        }
        assert_eq!(logins.recall(&[0xff; 32]), Some(true));
        assert_eq!(logins.recall(&[249; 32]), Some(false));
        assert_eq!(logins.recall(&[0; 32]), None);
        assert_eq!(logins.known.lock().len(), KNOWN_MAX);
    }

    #[tokio::test]
    async fn the_right_password_of_a_known_user_is_let_in_and_nothing_else() {
        let users = [("fake".to_owned(), DUMMY_HASH.to_owned())];
        let logins = Logins::default();
        let login = |pair: &str| headers(&format!("Basic {}", STANDARD.encode(pair)));
        for _ in 0..2 {
            assert!(logins.admit(&login("fake:fakepassword"), &users).await);
            assert!(!logins.admit(&login("fake:other"), &users).await);
            assert!(!logins.admit(&login("unknown:fakepassword"), &users).await);
        }
        let broken = [("fake".to_owned(), "no hash".to_owned())];
        assert!(!logins.admit(&login("fake:fakepassword"), &broken).await);
    }
}

//! Tokens that are remembered: sixteen letters, a dot, and the index of the entry that made them.
//!
//! They are in memory only: a restart logs everybody out.
//!
//! Source: etcd server/auth/simple_token.go.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use crypto::random;

/// Most tokens at a time. One more forgets the one unused for longest; upstream has no such bound.
pub const TOKENS_MAX: usize = 65_536;

#[derive(Debug)]
pub(crate) struct SimpleTokens {
    ttl: Duration,
    tokens: HashMap<Arc<str>, Login>,
    /// Every token once, the earliest end first, by the end it had when it was put here. A later use moves the end only:
    /// whoever takes the first finds out, and puts it back.
    ends: BinaryHeap<Reverse<(Instant, Arc<str>)>>,
}

#[derive(Debug)]
struct Login {
    username: Arc<str>,
    end: Instant,
}

impl SimpleTokens {
    pub(super) fn new(ttl: Duration) -> Self {
        let ttl = if ttl.is_zero() { TTL_DEFAULT } else { ttl };
        Self {
            ttl,
            tokens: HashMap::new(),
            ends: BinaryHeap::new(),
        }
    }

    pub(super) fn assign(&mut self, username: &str, token: &str, now: Instant) {
        self.expire(now);
        if self.tokens.len() >= TOKENS_MAX {
            self.forget_unused();
        }
        let end = now + self.ttl;
        let token: Arc<str> = token.into();
        let username = username.into();
        let login = Login { username, end };
        if self.tokens.insert(Arc::clone(&token), login).is_none() {
            self.ends.push(Reverse((end, token)));
        }
    }

    /// Returns whose token it is; its time begins anew.
    pub(super) fn user_of(&mut self, token: &str, now: Instant) -> Option<Arc<str>> {
        let login = self.tokens.get_mut(token)?;
        if login.end < now {
            return None;
        }
        login.end = now + self.ttl;
        Some(Arc::clone(&login.username))
    }

    pub(super) fn expire(&mut self, now: Instant) {
        while self.ends.peek().is_some_and(|Reverse((end, _))| *end < now) {
            self.take_first();
        }
    }

    fn forget_unused(&mut self) {
        let count = self.tokens.len();
        // Each turn but the last puts back a token that was used since it came here, so there is at most one per use.
        while self.tokens.len() == count && !self.ends.is_empty() {
            self.take_first();
        }
    }

    /// Takes the token whose end comes first by the queue: it is forgotten, or put back when it was used since.
    fn take_first(&mut self) {
        let Some(Reverse((queued, token))) = self.ends.pop() else {
            return;
        };
        match self.tokens.get(&token) {
            Some(login) if login.end > queued => self.ends.push(Reverse((login.end, token))),
            _ => {
                self.tokens.remove(&token);
            }
        }
    }

    pub(super) fn forget_user(&mut self, username: &str) {
        self.tokens.retain(|_, login| *login.username != *username);
        let tokens = &self.tokens;
        self.ends
            .retain(|Reverse((_, token))| tokens.contains_key(token));
    }

    pub(super) fn clear(&mut self) {
        self.tokens.clear();
        self.ends.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.tokens.len(), self.ends.len());
        self.tokens.len()
    }
}

/// Returns the index a token names; `None` for what cannot be a token.
pub(super) fn index_of(token: &str) -> Option<u64> {
    let (_, index) = token.split_once('.')?;
    // Go's ParseUint takes no sign; a second dot is no digit either.
    if index.is_empty() || !index.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    index.parse().ok()
}

/// Draws sixteen letters, each equally likely.
pub(super) fn draw_prefix() -> String {
    let mut prefix = String::with_capacity(PREFIX_LETTERS);
    while prefix.len() < PREFIX_LETTERS {
        let draws = random::bytes::<32>();
        // 208 is the largest multiple of 52 in a byte: more would favour the first letters.
        let letters = draws.iter().filter(|draw| **draw < 208);
        let missing = PREFIX_LETTERS - prefix.len();
        prefix.extend(
            letters
                .take(missing)
                .map(|draw| char::from(LETTERS[usize::from(draw % 52)])),
        );
    }
    prefix
}

const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PREFIX_LETTERS: usize = 16;
const TTL_DEFAULT: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests;

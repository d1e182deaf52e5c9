//! A token bucket over all requests.
//!
//! Source: golang.org/x/time/rate `Limiter.Allow`.

use std::time::Instant;

use parking_lot::Mutex;

use crate::web_config::RateLimit;

/// Lets `burst` requests through at once and one more every `interval_ns`.
#[derive(Debug)]
pub(super) struct RateLimiter {
    interval_ns: i128,
    /// The most that can be saved up, as time.
    full_ns: i128,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// Tokens as time: one is worth the interval.
    saved_ns: i128,
    seen: Instant,
}

impl RateLimiter {
    /// Makes a full bucket; none when nothing is limited.
    pub(super) fn new(limit: RateLimit) -> Option<Self> {
        if limit.interval_ns <= 0 {
            return None; // a negative interval is an infinite rate upstream
        }
        let interval_ns = i128::from(limit.interval_ns);
        let full_ns = interval_ns * i128::from(limit.burst);
        let bucket = Mutex::new(Bucket {
            saved_ns: full_ns,
            seen: Instant::now(),
        });
        Some(Self {
            interval_ns,
            full_ns,
            bucket,
        })
    }

    /// Takes a token; false when there is none.
    pub(super) fn allow(&self) -> bool {
        self.allow_at(Instant::now())
    }

    fn allow_at(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock();
        let passed = now.saturating_duration_since(bucket.seen).as_nanos();
        let passed = i128::try_from(passed).unwrap_or(i128::MAX / 2);
        bucket.seen = now.max(bucket.seen);
        bucket.saved_ns = (bucket.saved_ns + passed).min(self.full_ns);
        let has_token = bucket.saved_ns >= self.interval_ns;
        if has_token {
            bucket.saved_ns -= self.interval_ns;
        }
        has_token
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limiter(burst: i64, interval_ns: i64) -> Option<RateLimiter> {
        RateLimiter::new(RateLimit { burst, interval_ns })
    }

    #[test]
    fn the_burst_passes_and_then_one_per_interval() {
        let limiter = limiter(3, 1_000_000_000).unwrap();
        let start = Instant::now();
        let at = |ms| limiter.allow_at(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [true, true, true, false]);
        assert_eq!([at(900), at(1000), at(1001)], [false, true, false]);
        let later: Vec<bool> = (0..5).map(|_| at(60_000)).collect();
        assert_eq!(later, [true, true, true, false, false]);
    }

    #[test]
    fn no_bucket_lets_nothing_through_and_no_interval_everything() {
        assert!(!limiter(0, 1).unwrap().allow());
        assert!(!limiter(-1, 1).unwrap().allow());
        assert!(limiter(5, 0).is_none());
        assert!(limiter(5, -1).is_none());
    }
}

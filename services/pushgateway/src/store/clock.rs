//! Moments as pushes carry them: seconds and nanoseconds since 1970.

use std::time::{Duration, SystemTime};

/// A moment of the wall clock.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Moment {
    /// Seconds since 1970, negative before.
    pub(crate) seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub(crate) nanos: u32,
}

impl Moment {
    /// Returns the present.
    pub(crate) fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// Returns the moment as floating point seconds since 1970, as `push_time_seconds` shows it.
    ///
    /// Source: pushgateway storage/diskmetricstore.go `timestamp`: float64(t.UnixNano()) / 1e9.
    #[expect(clippy::cast_precision_loss, reason = "upstream loses the same digits")]
    pub(crate) fn as_seconds(self) -> f64 {
        (i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)) as f64 / 1e9
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Self {
                seconds: since.as_secs().cast_signed(),
                nanos: since.subsec_nanos(),
            },
            Err(before) => {
                let before = before.duration();
                let whole = before.as_secs() + u64::from(before.subsec_nanos() > 0);
                let rest = Duration::from_secs(whole) - before;
                Self {
                    seconds: -whole.cast_signed(),
                    nanos: rest.subsec_nanos(),
                }
            }
        }
    }
}

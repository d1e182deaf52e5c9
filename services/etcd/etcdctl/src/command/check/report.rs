//! What a load came to.
//!
//! Source: etcd v3.7 pkg/report/report.go.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::command::check::load::Outcome;

/// Sums up outcomes as they come.
#[derive(Debug)]
pub(super) struct Report {
    started: Instant,
    seconds: Vec<f64>,
    errors: BTreeMap<String, u64>,
}

/// The figures of a finished load.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stats {
    pub(super) per_second: f64,
    pub(super) slowest_seconds: f64,
    pub(super) deviation_seconds: f64,
    /// Reasons of failures, and how often each.
    pub(super) errors: BTreeMap<String, u64>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            seconds: Vec::new(),
            errors: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Ok(time) => self.seconds.push(time.as_secs_f64()),
            Err(reason) => *self.errors.entry(reason).or_default() += 1,
        }
    }

    pub(super) fn finish(self) -> Stats {
        let elapsed = self.started.elapsed();
        self.after(elapsed)
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    fn after(self, elapsed: Duration) -> Stats {
        let count = self.seconds.len().max(1) as f64;
        let mean = self.seconds.iter().sum::<f64>() / count;
        let squares = self.seconds.iter().map(|one| (one - mean).powi(2));
        Stats {
            per_second: self.seconds.len() as f64 / elapsed.as_secs_f64(),
            slowest_seconds: self.seconds.iter().copied().fold(0.0, f64::max),
            deviation_seconds: (squares.sum::<f64>() / count).sqrt(),
            errors: self.errors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_of_what_succeeded() {
        let mut report = Report::new();
        report.add(Ok(Duration::from_secs(1)));
        report.add(Ok(Duration::from_secs(3)));
        report.add(Err("x".to_owned()));
        let stats = report.after(Duration::from_secs(4));
        assert!((stats.per_second - 0.5).abs() < f64::EPSILON);
        assert!((stats.slowest_seconds - 3.0).abs() < f64::EPSILON);
        assert!((stats.deviation_seconds - 1.0).abs() < f64::EPSILON);
        assert_eq!(stats.errors["x"], 1);
    }

    #[test]
    fn nothing_has_figures_too() {
        let stats = Report::new().after(Duration::from_secs(1));
        assert!(stats.deviation_seconds.abs() < f64::EPSILON);
    }
}

//! What a service does over time: a few measures read from its metrics every few seconds, kept for some minutes.
//!
//! What is measured is a row of the [`catalog`](crate::catalog); how it is drawn is [`page`](crate::page).

use std::collections::VecDeque;

use kit_metrics::{
    model::{Family, Value},
    name::NameScheme,
    text,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::quantity;

/// One measure of a service.
#[derive(Debug)]
pub struct Plot {
    /// What it shows, in a word or two.
    pub title: &'static str,
    /// The metric it is read from; all series of its name count together.
    pub metric: &'static str,
    /// How.
    pub measure: Measure,
}

/// How a measure is read from a metric.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// What a counter (or the number of observations) grew by, a second.
    PerSecond,
    /// A gauge of bytes.
    Bytes,
    /// The mean of the observations since the last look, of seconds.
    MeanSeconds,
}

/// The measures of one service.
#[derive(Clone, Debug, Default)]
pub struct Plots {
    last: Option<(Instant, Vec<Totals>)>,
    lines: Vec<VecDeque<Option<f64>>>,
}

/// One measure as it is shown.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Line {
    /// What it shows.
    pub title: String,
    /// What its numbers are.
    pub measure: Measure,
    /// The numbers, the newest last; none where nothing was known.
    pub points: Vec<Option<f64>>,
}

/// How many points are kept: four minutes of one every two seconds.
pub const POINTS_MAX: usize = 120;

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    sum: f64,
    count: f64,
}

impl Plots {
    /// Takes what a service says about itself, in the text format; `None` when it said nothing.
    pub fn observe(&mut self, plots: &[Plot], now: Instant, body: Option<&[u8]>) {
        let families = body.and_then(|body| text::parse(body, NameScheme::Legacy).ok());
        let totals = families.map(|families| {
            let of = |plot: &Plot| totals(&families, plot.metric);
            plots.iter().map(of).collect::<Vec<_>>()
        });
        self.lines.resize_with(plots.len(), VecDeque::new);
        for (at, (line, plot)) in self.lines.iter_mut().zip(plots).enumerate() {
            let point = totals.as_ref().and_then(|totals| {
                let last = self.last.as_ref();
                let before = last.map(|(then, totals)| (now - *then, totals[at]));
                plot.measure.of(before, totals[at])
            });
            if line.len() == POINTS_MAX {
                line.pop_front();
            }
            line.push_back(point);
        }
        self.last = totals.map(|totals| (now, totals));
    }

    /// Returns the measures as they are shown.
    #[must_use]
    pub fn lines(&self, plots: &[Plot]) -> Vec<Line> {
        let lines = plots.iter().zip(&self.lines);
        lines
            .map(|(plot, points)| Line {
                title: plot.title.to_owned(),
                measure: plot.measure,
                points: points.iter().copied().collect(),
            })
            .collect()
    }
}

impl Measure {
    fn of(self, before: Option<(std::time::Duration, Totals)>, now: Totals) -> Option<f64> {
        if self == Self::Bytes {
            return Some(now.sum);
        }
        let (elapsed, before) = before?;
        // A counter that went back began anew: the process was started again.
        let grown = |before: f64, now: f64| if now < before { now } else { now - before };
        let count = grown(before.count, now.count);
        match self {
            Self::PerSecond => Some(count / elapsed.as_secs_f64()),
            _ if count == 0.0 => None,
            _ => Some(grown(before.sum, now.sum) / count),
        }
    }

    /// Returns a number of this measure as people read it.
    #[must_use]
    pub fn show(self, number: f64) -> String {
        match self {
            Self::PerSecond if number < 10.0 => format!("{number:.1}/s"),
            Self::PerSecond => format!("{number:.0}/s"),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates"
            )]
            Self::Bytes => quantity::bytes(number as u64),
            Self::MeanSeconds => format!("{:.2} ms", number * 1000.0),
        }
    }
}

/// Adds up all series of a name. A metric that is not there counts as nothing.
fn totals(families: &[Family], metric: &str) -> Totals {
    let mut totals = Totals::default();
    let named = families
        .iter()
        .filter(|family| *family.name == *metric.as_bytes());
    for family in named {
        for index in 0..family.metrics.len() {
            let (sum, count) = match family.metrics.value(index) {
                Value::Counter(counter) => (counter.value, counter.value),
                Value::Gauge(value) | Value::Untyped(value) => (value, value),
                Value::Histogram(histogram) => (histogram.sum, histogram.count as f64),
                Value::Summary(summary) => (summary.sum, summary.count as f64),
                Value::Missing => continue,
            };
            totals.sum += sum;
            totals.count += count;
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PLOTS: &[Plot] = &[
        Plot {
            title: "puts",
            metric: "puts_total",
            measure: Measure::PerSecond,
        },
        Plot {
            title: "size",
            metric: "size_bytes",
            measure: Measure::Bytes,
        },
        Plot {
            title: "sync",
            metric: "sync_seconds",
            measure: Measure::MeanSeconds,
        },
    ];

    fn body(puts: u32, size: u32, sum: f64, count: u32) -> String {
        format!(
            "# TYPE puts_total counter\nputs_total{{a=\"1\"}} {puts}\nputs_total{{a=\"2\"}} 1\n\
             # TYPE size_bytes gauge\nsize_bytes {size}\n\
             # TYPE sync_seconds histogram\nsync_seconds_bucket{{le=\"+Inf\"}} {count}\n\
             sync_seconds_sum {sum}\nsync_seconds_count {count}\n"
        )
    }

    /// Looks every two seconds.
    fn observe(bodies: &[Option<String>]) -> Vec<Vec<Option<f64>>> {
        let (mut plots, start) = (Plots::default(), Instant::now());
        for (at, body) in (0..).zip(bodies) {
            let now = start + Duration::from_secs(2) * at;
            plots.observe(PLOTS, now, body.as_ref().map(String::as_bytes));
        }
        plots
            .lines(PLOTS)
            .into_iter()
            .map(|line| line.points)
            .collect()
    }

    #[test]
    fn rates_and_means_are_of_the_time_between_two_looks() {
        let lines = observe(&[Some(body(10, 5, 1.0, 10)), Some(body(30, 7, 1.5, 20))]);
        assert_eq!(
            lines,
            [
                vec![None, Some(10.0)],
                vec![Some(5.0), Some(7.0)],
                vec![None, Some(0.05)]
            ]
        );
    }

    #[test]
    fn a_service_that_began_anew_counts_from_nothing_and_silence_is_a_gap() {
        let lines = observe(&[
            Some(body(100, 5, 1.0, 10)),
            Some(body(7, 5, 0.2, 4)),
            None,
            Some(body(9, 5, 0.2, 4)),
        ]);
        assert_eq!(lines[0], [None, Some(4.0), None, None]);
        assert_eq!(lines[2], [None, Some(0.05), None, None]);
    }

    #[test]
    fn the_oldest_points_go() {
        let bodies = vec![Some(body(1, 1, 1.0, 1)); POINTS_MAX + 5];
        assert_eq!(observe(&bodies)[1].len(), POINTS_MAX);
    }

    #[test]
    fn numbers_are_shown_with_their_unit() {
        assert_eq!(Measure::PerSecond.show(3.25), "3.2/s");
        assert_eq!(Measure::PerSecond.show(12_345.6), "12346/s");
        assert_eq!(Measure::Bytes.show(1536.0), "1.5 KiB");
        assert_eq!(Measure::MeanSeconds.show(0.00123), "1.23 ms");
    }
}

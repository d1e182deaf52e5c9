//! A bar on stderr that shows how far a long command has come.
//!
//! On a terminal it is drawn again as it grows; elsewhere once, at its end (upstream fills files with its drafts).
//!
//! Source: github.com/cheggaaa/pb/v3, preset `Default`.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// A bar.
#[derive(Debug)]
pub(crate) struct Bar {
    total: u64,
    done: u64,
    started: Instant,
    drawn: Option<Instant>,
}

impl Bar {
    pub(crate) fn new(total: u64) -> Self {
        Self {
            total,
            done: 0,
            started: Instant::now(),
            drawn: None,
        }
    }

    /// Moves the bar on.
    pub(crate) fn add(&mut self, steps: u64) {
        self.done += steps;
        let is_due = self
            .drawn
            .is_none_or(|drawn| drawn.elapsed() >= BETWEEN_DRAFTS);
        if is_due && io::stderr().is_terminal() {
            self.drawn = Some(Instant::now());
            self.write("\r", "");
        }
    }

    /// Draws the bar for the last time.
    pub(crate) fn finish(self) {
        let start = if io::stderr().is_terminal() { "\r" } else { "" };
        self.write(start, "\n");
    }

    fn write(&self, start: &str, end: &str) {
        let text = self.text(self.started.elapsed());
        // Nobody looks at a stderr that is gone.
        drop(write!(io::stderr().lock(), "{start}{text}{end}"));
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a picture of counts, none of them near the limits"
    )]
    fn text(&self, elapsed: Duration) -> String {
        let part = (self.done as f64 / self.total.max(1) as f64).min(1.0);
        let filled = (part * WIDTH as f64) as usize;
        let bar = if filled == WIDTH {
            "-".repeat(WIDTH)
        } else {
            let rest = "_".repeat(WIDTH - filled - 1);
            format!("{}>{rest}", "-".repeat(filled))
        };
        let speed = self.done as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        format!(
            "{} / {} [{bar}] {:.2}% {speed:.0} p/s",
            self.done,
            self.total,
            part * 100.0
        )
    }
}

/// Characters between the brackets.
const WIDTH: usize = 40;
const BETWEEN_DRAFTS: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_tells_count_share_and_speed() {
        let mut bar = Bar::new(60);
        bar.done = 30;
        let text = bar.text(Duration::from_secs(30));
        assert_eq!(
            text,
            format!(
                "30 / 60 [{}>{}] 50.00% 1 p/s",
                "-".repeat(20),
                "_".repeat(19)
            )
        );
        bar.done = 60;
        assert!(bar.text(Duration::from_secs(60)).contains(&"-".repeat(40)));
    }
}

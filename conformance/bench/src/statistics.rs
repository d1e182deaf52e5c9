//! Medians and percentiles of samples.

/// Returns the median and the 99th percentile. There is at least one sample.
pub(crate) fn median_and_p99(mut samples: Vec<f64>) -> (f64, f64) {
    assert!(!samples.is_empty(), "something was measured");
    samples.sort_by(f64::total_cmp);
    (
        samples[samples.len() / 2],
        samples[(samples.len() - 1) * 99 / 100],
    )
}

/// A mean and how far the true one may be from it, with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) mean: f64,
    pub(crate) high: f64,
}

/// Returns the interval of the geometric mean of ratios. There are at least two.
pub(crate) fn interval_of_ratios(ratios: &[f64]) -> Interval {
    assert!(ratios.len() >= 2, "one ratio says nothing of its spread");
    #[expect(clippy::cast_precision_loss, reason = "a few dozen pairs")]
    let count = ratios.len() as f64;
    let logarithms: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
    let mean = logarithms.iter().sum::<f64>() / count;
    let variance = logarithms.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let reach = student_97_5(count - 1.0) * (variance / count).sqrt();
    Interval {
        low: (mean - reach).exp(),
        mean: mean.exp(),
        high: (mean + reach).exp(),
    }
}

/// The 97.5 % quantile of Student's distribution, to 0.2 % from 9 degrees of freedom on.
fn student_97_5(freedom: f64) -> f64 {
    const NORMAL: f64 = 1.959_964;
    let (cube, fifth) = (NORMAL.powi(3), NORMAL.powi(5));
    NORMAL
        + (cube + NORMAL) / (4.0 * freedom)
        + (5.0 * fifth + 16.0 * cube + 3.0 * NORMAL) / (96.0 * freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_tail_are_found() {
        let samples: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!(median_and_p99(samples), (50.0, 98.0));
        assert_eq!(median_and_p99(vec![7.0]), (7.0, 7.0));
    }

    #[test]
    fn the_quantile_is_that_of_the_tables() {
        for (freedom, expected) in [(9.0, 2.262), (19.0, 2.093), (29.0, 2.045)] {
            let found: f64 = student_97_5(freedom);
            assert!((found - expected).abs() < 0.005, "{freedom}: {found}");
        }
    }

    #[test]
    fn the_interval_lies_around_the_geometric_mean() {
        let Interval { low, mean, high } = interval_of_ratios(&[0.5, 2.0, 0.5, 2.0]);
        assert!((mean - 1.0).abs() < 1e-9);
        assert!(
            low < 0.5 && high > 2.0,
            "{low} {high}: four pairs say little"
        );
        let same = interval_of_ratios(&[1.1; 20]);
        assert!((same.high - same.low).abs() < 1e-9);
    }
}

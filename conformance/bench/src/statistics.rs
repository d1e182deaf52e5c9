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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_tail_are_found() {
        let samples: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!(median_and_p99(samples), (50.0, 98.0));
        assert_eq!(median_and_p99(vec![7.0]), (7.0, 7.0));
    }
}

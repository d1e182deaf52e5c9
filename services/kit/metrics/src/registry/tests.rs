use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use proptest::{collection::vec, prelude::*};

use super::{Collect, CounterVec, Description, Gauge, Registry, Summary, SummaryVec};
use crate::{
    escape::EscapingScheme,
    model::{Family, Value},
    text::encode,
};

const REQUESTS: Description = Description {
    name: "requests_total",
    help: "Requests.",
};

/// Returns families as a scrape would show them.
fn shown(families: &[Family]) -> String {
    let mut out = Vec::new();
    for family in families {
        let escaping = EscapingScheme::default();
        encode::header(
            &mut out,
            &family.name,
            family.help.as_deref(),
            family.kind,
            escaping,
        )
        .unwrap();
        for index in 0..family.metrics.len() {
            let (labels, value) = (family.metrics.labels(index), family.metrics.value(index));
            encode::metric(
                &mut out,
                &family.name,
                family.kind,
                labels,
                &value,
                escaping,
            )
            .unwrap();
        }
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn families_are_gathered_by_name_and_shown_once_they_have_a_metric() {
    let counters = Arc::new(CounterVec::new(REQUESTS, ["method", "code"]));
    let gauge = Arc::new(Gauge::new(Description {
        name: "depth",
        help: "Depth.",
    }));
    let mut registry = Registry::default();
    registry.register(Arc::<CounterVec<2>>::clone(&counters));
    registry.register(Arc::<Gauge>::clone(&gauge));
    registry.register(Arc::new(vec![
        Description {
            name: "build_info",
            help: "Build.",
        }
        .gauge(&[("version", "1")], 1.0),
    ]));
    gauge.set(2.5);
    assert_eq!(
        shown(&registry.gather()),
        "# HELP build_info Build.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n# HELP depth Depth.\n# TYPE depth gauge\ndepth 2.5\n"
    );
    counters.with(["post", "400"]).increment();
    counters.with(["get", "200"]).increment();
    counters.with(["get", "200"]).increment();
    assert!(shown(&registry.gather()).ends_with(
        "# HELP requests_total Requests.\n# TYPE requests_total counter\n\
         requests_total{code=\"200\",method=\"get\"} 2\nrequests_total{code=\"400\",method=\"post\"} 1\n"
    ));
}

#[test]
fn nothing_is_lost_between_threads() {
    let counters = CounterVec::new(REQUESTS, ["code"]);
    thread::scope(|scope| {
        for thread in 0..4 {
            let counters = &counters;
            scope.spawn(move || {
                for index in 0..1000 {
                    counters
                        .with([["200", "400"][(thread + index) % 2]])
                        .increment();
                }
            });
        }
    });
    assert_eq!(
        counters.with(["200"]).count() + counters.with(["400"]).count(),
        4000
    );
}

fn quantiles(summary: &Summary, now: Instant) -> (u64, f64, Vec<f64>) {
    let Value::Summary(summary) = summary.value_at(now) else {
        panic!("not a summary")
    };
    (
        summary.count,
        summary.sum,
        summary
            .quantiles
            .iter()
            .map(|quantile| quantile.value)
            .collect(),
    )
}

#[test]
fn one_observation_is_shown_as_it_was() {
    let (summary, now) = (Summary::default(), Instant::now());
    summary.observe_at(now, 123.456);
    assert_eq!(quantiles(&summary, now), (1, 123.456, vec![123.456; 3]));
}

#[test]
fn after_silence_the_quantiles_are_gone_and_the_count_stays() {
    let (summary, start) = (Summary::default(), Instant::now());
    assert!(
        quantiles(&summary, start)
            .2
            .iter()
            .all(|value| value.is_nan())
    );
    summary.observe_at(start, 1.0);
    let minute = Duration::from_secs(60);
    assert_eq!(quantiles(&summary, start + 9 * minute).2, [1.0; 3]);
    let (count, sum, values) = quantiles(&summary, start + 11 * minute);
    assert_eq!((count, sum), (1, 1.0));
    assert!(values.iter().all(|value| value.is_nan()));
}

#[test]
fn an_old_observation_makes_room_for_newer_ones() {
    let (summary, start) = (Summary::default(), Instant::now());
    let minute = Duration::from_secs(60);
    for (minutes, value) in [(0, 1.0), (5, 2.0), (9, 3.0)] {
        summary.observe_at(start + minutes * minute, value);
    }
    assert_eq!(quantiles(&summary, start + 9 * minute).2, [1.0, 2.0, 3.0]);
    assert_eq!(quantiles(&summary, start + 13 * minute).2, [2.0, 2.0, 3.0]);
    assert_eq!(quantiles(&summary, start + 17 * minute).2, [3.0; 3]);
}

proptest! {
    #[test]
    fn quantiles_are_less_than_a_percent_off(values in vec(0.0_f64..1e9, 1..400)) {
        let (summary, now) = (Summary::default(), Instant::now());
        for value in &values {
            summary.observe_at(now, *value);
        }
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        for (quantile, found) in [0.1, 0.5, 0.9].into_iter().zip(quantiles(&summary, now).2) {
            let rank = (quantile * sorted.len() as f64).ceil();
            let exact = sorted.iter().zip(1..).find(|(_, place)| f64::from(*place) >= rank).unwrap().0;
            prop_assert!((found - exact).abs() <= exact * 0.008 + f64::MIN_POSITIVE, "{quantile}: {found} for {exact}");
        }
    }
}

#[test]
fn numbers_of_every_kind_are_observed_without_panic() {
    let summary = Arc::new(Summary::default());
    for value in [
        0.0,
        -1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        f64::MAX,
    ] {
        summary.observe(value);
    }
    assert_eq!(quantiles(&summary, Instant::now()).0, 7);
}

#[test]
fn summaries_show_a_label_and_three_quantiles() {
    let summaries = SummaryVec::new(
        Description {
            name: "size_bytes",
            help: "Size.",
        },
        ["method"],
    );
    summaries.with(["put"]).observe(100.0);
    let mut families = Vec::new();
    summaries.collect(&mut families);
    assert_eq!(
        shown(&families),
        "# HELP size_bytes Size.\n# TYPE size_bytes summary\nsize_bytes{method=\"put\",quantile=\"0.1\"} 100\n\
         size_bytes{method=\"put\",quantile=\"0.5\"} 100\nsize_bytes{method=\"put\",quantile=\"0.9\"} 100\n\
         size_bytes_sum{method=\"put\"} 100\nsize_bytes_count{method=\"put\"} 1\n"
    );
}

use std::io::Cursor;

use kit_metrics::model::MetricType;

use super::*;
use crate::store::{
    Mode,
    pushed::Pushed,
    testing::{family, key, store},
};

/// What upstream would write for one group: the definitions, then a value of its own.
const UPSTREAM_VALUE: &str = concat!(
    "77ff82000110696e7374616e6365ff62ff6a6f62ff61010208696e7374616e63650162036a6f6201610101026d31010f010000000edce5e800075bcd15ffff",
    "01350a026d31120768656c70206d65180122240a0d0a08696e7374616e63651201620a080a036a6f62120161120909000000000000f83f0000",
);

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}

fn written(state: &State) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    write(state, &mut file).unwrap();
    file.into_inner()
}

fn shown(state: &State) -> String {
    let text =
        crate::store::exposition::assemble(state, &[], Default::default(), Default::default());
    String::from_utf8(text.concat()).unwrap()
}

#[test]
fn a_snapshot_of_upstream_is_read_and_written_with_the_same_content() {
    let upstream = [header(), bytes(UPSTREAM_VALUE)].concat();
    let state = read(&upstream).unwrap();
    assert_eq!(
        shown(&state),
        "# HELP m1 help me\n# TYPE m1 gauge\nm1{instance=\"b\",job=\"a\"} 1.5\n"
    );
    let group = state.groups.iter().next().unwrap();
    let family = group.family("m1").unwrap();
    assert_eq!(
        family.pushed_at,
        Moment {
            seconds: 1_700_000_000,
            nanos: 123_456_789
        }
    );
    // Only the length of the value is written in its longest form.
    let ours = written(&state);
    assert_eq!(ours[..306], upstream[..306]);
    assert_eq!(ours[306 + 9..], upstream[306 + 1..]);
}

#[tokio::test]
async fn what_is_written_reads_back_the_same() {
    let store = store();
    for job in ["a", "b", "ü\u{0}"] {
        let families = vec![
            family(
                "m.x",
                MetricType::Gauge,
                &[(&[("l", "1"), ("instance", "i")], f64::NAN), (&[], 2.0)],
            ),
            family("n", MetricType::Untyped, &[(&[("ä", "ö")], -0.0)]),
        ];
        let pushed = Pushed::new(
            &store.state(),
            key(&[("job", job)]),
            Mode::Merge,
            Moment::now(),
            families,
        );
        store.push(pushed).await.unwrap();
    }
    let state = store.state();
    let again = read(&written(&state)).unwrap();
    assert_eq!(shown(&again), shown(&state));
    assert_eq!(written(&again), written(&state));
    assert_eq!(
        (again.series, again.groups.len()),
        (state.series, state.groups.len())
    );
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let upstream = [header(), bytes(UPSTREAM_VALUE)].concat();
    for length in 0..upstream.len() {
        assert!(read(&upstream[..length]).is_err(), "cut at {length}");
    }
    for at in 0..upstream.len() {
        for flipped in [0x01, 0x80, 0xff] {
            let mut damaged = upstream.clone();
            damaged[at] ^= flipped;
            let _ = read(&damaged);
        }
    }
}

#[test]
fn an_empty_store_has_a_snapshot_too() {
    assert!(read(&written(&State::default())).unwrap().groups.is_empty());
}

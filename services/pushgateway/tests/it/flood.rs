//! A flood of hostile pushes: whatever is accepted or refused, the scrape answers 200 and can be read.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use kit_metrics::{name::NameScheme, proto, text};

use crate::{
    client::{Client, PROTOBUF, Request},
    gateway::Gateway,
};

const FLOODERS: u64 = 4;
const PUSHES: usize = 600;

/// A plain generator: the flood is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // Source: Marsaglia, "Xorshift RNGs", 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

const NAMES: [&str; 20] = [
    "x",
    "x_count",
    "x_sum",
    "x_bucket",
    "y",
    "y_total",
    "push_time_seconds",
    "push_failure_time_seconds",
    "go_threads",
    "go_goroutines",
    "process_start_time_seconds",
    "pushgateway_build_info",
    "pushgateway_http_requests_total",
    "pushgateway_http_push_size_bytes",
    "pushgateway_http_push_size_bytes_count",
    "pushgateway_http_push_duration_seconds_sum",
    "push_time_seconds_count",
    "go_gc_duration_seconds_sum",
    "x.y",
    "\u{fc}\n\"{}",
];
const TYPES: [&str; 5] = ["gauge", "counter", "summary", "histogram", "untyped"];
const LABELS: [&str; 12] = [
    "",
    "l=\"1\"",
    "l=\"2\"",
    "l=\"1\",m=\"\"",
    "job=\"stolen\"",
    "instance=\"i\"",
    "instance=\"\"",
    "quantile=\"0.5\"",
    "le=\"1\"",
    "__name__=\"y\"",
    "__own=\"1\"",
    "l=\"\\n\\\"\\\\\"",
];
const VALUES: [&str; 6] = ["1", "NaN", "-Inf", "-1", "1.5", "1 1000"];
const GROUPS: [&str; 8] = [
    "job/a",
    "job/b",
    "job/a/instance/i",
    "job/a/instance@base64/=",
    "job/a/l/1",
    "job/a/quantile/0.5",
    "job/a/le/1",
    "job@base64/_w/l@base64/_w",
];

fn text_body(dice: &mut Dice) -> Vec<u8> {
    let mut body = String::new();
    for _ in 0..=dice.below(3) {
        let name = dice.pick(&NAMES[..18]);
        if dice.below(3) > 0 {
            body.push_str(&format!("# TYPE {name} {}\n", dice.pick(&TYPES)));
        }
        if dice.below(4) == 0 {
            body.push_str(&format!(
                "# HELP {name} {}\n",
                dice.pick(&["one", "two", ""])
            ));
        }
        for _ in 0..=dice.below(3) {
            let suffix = dice.pick(&["", "", "_count", "_sum", "_bucket"]);
            body.push_str(&format!(
                "{name}{suffix}{{{}}} {}\n",
                dice.pick(&LABELS),
                dice.pick(&VALUES)
            ));
        }
    }
    body.into_bytes()
}

fn message(field: u8, payload: &[u8]) -> Vec<u8> {
    [&[field << 3 | 2], &*delimited(payload)].concat()
}

fn delimited(payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let low = u8::try_from(length % 128).unwrap() | 0x80;
    [&[low, u8::try_from(length / 128).unwrap()], payload].concat()
}

/// A family with a name, labels and values of kinds that no text could say.
fn protobuf_body(dice: &mut Dice) -> Vec<u8> {
    let name = match dice.below(10) {
        0 => &b""[..],
        1 => b"\xff",
        _ => dice.pick(&NAMES).as_bytes(),
    };
    let mut family = message(1, name);
    if dice.below(3) == 0 {
        family.extend(message(2, dice.pick(&[&b"one"[..], b"", b"\xff"])));
    }
    family.extend([0x18, u8::try_from(dice.below(8)).unwrap()]);
    for _ in 0..dice.below(3) {
        let mut metric = Vec::new();
        for _ in 0..dice.below(3) {
            let label = dice.pick(&[
                &b"l"[..],
                b"",
                b"\xff",
                b"__x",
                b"a.b",
                b"quantile",
                b"job",
                b"instance",
            ]);
            let value = dice.pick(&[&b"1"[..], b"", b"\xff", b"\n\""]);
            metric.extend(message(1, &[message(1, label), message(2, value)].concat()));
        }
        // 2 to 5 and 7 are the kinds of value; the histogram has spans without buckets.
        match dice.below(7) {
            0 => metric.extend(message(7, b"\x08\x01\x28\x7f\x62\x04\x08\x00\x10\x09")),
            1 => metric.extend(message(4, b"\x08\x01")),
            2 => {}
            3 => metric.extend([0x30, 0]), // a timestamp
            kind => {
                let field = [2, 3, 5][kind - 4];
                metric.extend(message(field, b"\x09\0\0\0\0\0\0\xf0\x3f"));
            }
        }
        family.extend(message(4, &metric));
    }
    let mut body = delimited(&family);
    if dice.below(8) == 0 {
        body.truncate(dice.below(body.len()));
    }
    body
}

fn hostile(dice: &mut Dice) -> Request {
    let target = format!("/metrics/{}", dice.pick(&GROUPS));
    match dice.below(20) {
        0 => return Request::new("DELETE", &target),
        1 => return Request::new("PUT", "/api/v1/admin/wipe"),
        2 => {
            return Request::new(
                "GET",
                dice.pick(&["/", "/api/v1/metrics", "/api/v1/status"]),
            );
        }
        _ => {}
    }
    let request = Request::new(dice.pick(&["PUT", "POST"]), &target);
    if dice.below(2) == 0 {
        request.body(text_body(dice))
    } else {
        request
            .header("Content-Type", PROTOBUF)
            .body(protobuf_body(dice))
    }
}

/// Scrapes once in each format and reads the answers.
fn check_scrape(client: &mut Client) {
    let mut scrape = |accept: &str| {
        let answer = client.send(&Request::new("GET", "/metrics").header("Accept", accept));
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        answer.body
    };
    let body = scrape("text/plain;version=0.0.4;escaping=allow-utf-8");
    let read = text::parse(&body, NameScheme::Utf8);
    let families =
        read.unwrap_or_else(|error| panic!("{error} in:\n{}", String::from_utf8_lossy(&body)));
    assert!(
        families
            .iter()
            .any(|family| *family.name == *b"pushgateway_build_info")
    );
    let body = scrape("text/plain;version=0.0.4;escaping=values");
    let read = text::parse(&body, NameScheme::Legacy);
    read.unwrap_or_else(|error| panic!("{error} in:\n{}", String::from_utf8_lossy(&body)));
    proto::decode(&scrape(PROTOBUF)).unwrap();
}

#[test]
fn no_push_keeps_the_scrape_from_being_answered_and_read() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    let gateway = Gateway::with_snapshot(
        &snapshot,
        &["--web.enable-admin-api", "--persistence.interval=0s"],
    );
    let (taken, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let flooding = AtomicBool::new(true);
    thread::scope(|scope| {
        let flooders: Vec<_> = (1..=FLOODERS)
            .map(|seed| {
                let (gateway, taken, refused) = (&gateway, &taken, &refused);
                scope.spawn(move || {
                    let (mut dice, mut client) = (
                        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                        gateway.connect(),
                    );
                    for _ in 0..PUSHES {
                        match client.send(&hostile(&mut dice)).status {
                            200 | 202 => taken.fetch_add(1, Ordering::Relaxed),
                            400 => refused.fetch_add(1, Ordering::Relaxed),
                            status => panic!("answered with {status}"),
                        };
                    }
                })
            })
            .collect();
        let scraping = scope.spawn(|| {
            let mut client = gateway.connect();
            while flooding.load(Ordering::SeqCst) {
                check_scrape(&mut client);
            }
        });
        let flooded: Vec<_> = flooders.into_iter().map(|flooder| flooder.join()).collect();
        flooding.store(false, Ordering::SeqCst);
        scraping.join().unwrap();
        flooded.into_iter().for_each(|flooded| flooded.unwrap());
    });
    let (taken, refused) = (taken.into_inner(), refused.into_inner());
    assert!(
        taken > 300 && refused > 300,
        "{taken} taken, {refused} refused: a flood of both"
    );

    let before = gateway.pushed();
    assert!(gateway.stop().0.success());
    let again = Gateway::with_snapshot(&snapshot, &[]);
    check_scrape(&mut again.connect());
    assert_eq!(again.pushed(), before, "what was taken survives a restart");
}

//! HTTP/2 by hand: frames a client library would not send.

use bytes::Bytes;

use crate::grpc::framed;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Returns a frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len())
        .expect("a small frame")
        .to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Returns a field of a head, neither indexed nor compressed.
fn field(name: &str, value: &[u8]) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name.as_bytes(), value] {
        let mut rest = text.len();
        if rest < 127 {
            field.push(u8::try_from(rest).expect("less than 127"));
        } else {
            field.push(127);
            rest -= 127;
            while rest >= 128 {
                field.push(u8::try_from(rest & 127).expect("7 bits") | 128);
                rest >>= 7;
            }
            field.push(u8::try_from(rest).expect("7 bits"));
        }
        field.extend(text);
    }
    field
}

fn head(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "etcd"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    fields
        .iter()
        .flat_map(|(name, value)| field(name, value.as_bytes()))
        .collect()
}

/// Returns a whole call from a client whose window for answers is that large.
pub(super) fn call_with_window(window: u32, method: &str, message: &Bytes) -> Vec<u8> {
    let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
    [
        PREFACE.to_vec(),
        frame(SETTINGS, 0, 0, &settings),
        frame(HEADERS, END_HEADERS, 1, &head(&format!("/{method}"))),
        frame(DATA, END_STREAM, 1, &framed(message)),
    ]
    .concat()
}

/// Every kind of frame with something wrong about it, after a beginning that is right.
pub(super) fn odd() -> Vec<(&'static str, Vec<u8>)> {
    let put = head("/etcdserverpb.KV/Put");
    let long = field("x", &vec![b'y'; 16_000]);
    let many: Vec<u8> = (0..200)
        .flat_map(|_| frame(CONTINUATION, 0, 1, &long))
        .collect();
    let resets: Vec<u8> = (0..5000_u32)
        .flat_map(|number| {
            let stream = 2 * number + 1;
            [
                frame(HEADERS, END_HEADERS, stream, &put),
                frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]),
            ]
            .concat()
        })
        .collect();
    let settings: Vec<u8> = (0..20_000)
        .flat_map(|_| frame(SETTINGS, 0, 0, &[]))
        .collect();
    let empty: Vec<u8> = (0..20_000).flat_map(|_| frame(DATA, 0, 1, &[])).collect();
    let open = frame(HEADERS, END_HEADERS, 1, &put);
    let odd = vec![
        (
            "a frame longer than allowed",
            vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1],
        ),
        ("data without a stream", frame(DATA, 0, 0, b"x")),
        ("data of a stream nobody opened", frame(DATA, 0, 7, b"x")),
        (
            "more padding than data",
            [open.clone(), frame(DATA, 8, 1, &[200, 1])].concat(),
        ),
        ("a head on stream 0", frame(HEADERS, END_HEADERS, 0, &put)),
        (
            "a head on an even stream",
            frame(HEADERS, END_HEADERS, 2, &put),
        ),
        (
            "a head that is no HPACK",
            frame(HEADERS, END_HEADERS, 1, &[0xff; 40]),
        ),
        (
            "a head that names an entry that is not there",
            frame(HEADERS, END_HEADERS, 1, &[0xbf, 0xff, 0x7f]),
        ),
        (
            "a head without fields",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &[]),
        ),
        (
            "a head with a field in capitals",
            frame(
                HEADERS,
                END_HEADERS,
                1,
                &[put.clone(), field("X", b"y")].concat(),
            ),
        ),
        (
            "a head of 3 MB",
            [frame(HEADERS, 0, 1, &put), many].concat(),
        ),
        (
            "a head that never ends, then another",
            [frame(HEADERS, 0, 1, &put), open.clone()].concat(),
        ),
        ("a head twice", [open.clone(), open.clone()].concat()),
        (
            "a continuation of nothing",
            frame(CONTINUATION, END_HEADERS, 1, &put),
        ),
        ("a priority too short", frame(PRIORITY, 0, 1, &[0])),
        (
            "a stream that depends on itself",
            frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 9]),
        ),
        (
            "a reset of an idle stream",
            frame(RST_STREAM, 0, 9, &[0, 0, 0, 8]),
        ),
        ("a reset too short", frame(RST_STREAM, 0, 1, &[0])),
        ("5,000 streams opened and reset", resets),
        ("settings of five bytes", frame(SETTINGS, 0, 0, &[0; 5])),
        ("settings on a stream", frame(SETTINGS, 0, 1, &[])),
        (
            "an acknowledgement with a payload",
            frame(SETTINGS, 1, 0, &[0; 6]),
        ),
        (
            "a window beyond 2^31",
            frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
        ),
        (
            "frames of one byte asked for",
            frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]),
        ),
        ("20,000 settings", settings),
        ("20,000 frames of no data", [open.clone(), empty].concat()),
        (
            "a promise from a client",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]),
        ),
        ("a ping of seven bytes", frame(PING, 0, 0, &[0; 7])),
        ("a ping on a stream", frame(PING, 0, 1, &[0; 8])),
        (
            "pings without end",
            (0..10_000)
                .flat_map(|_| frame(PING, 0, 0, &[0; 8]))
                .collect(),
        ),
        ("a goaway too short", frame(GOAWAY, 0, 0, &[0])),
        (
            "a window update of nothing",
            frame(WINDOW_UPDATE, 0, 0, &[0; 4]),
        ),
        (
            "a window that overflows",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
        ),
        ("a kind nobody knows", frame(0x77, 0xff, 1, b"abc")),
        (
            "a frame cut off",
            frame(DATA, 0, 1, b"abcdef")[..11].to_vec(),
        ),
        ("no frames at all", vec![b'a'; 100_000]),
    ];
    let begun = [PREFACE.to_vec(), frame(SETTINGS, 0, 0, &[])].concat();
    odd.into_iter()
        .map(|(name, words)| (name, [begun.clone(), words].concat()))
        .collect()
}

use std::io::Write;

use flate2::{Compression, GzBuilder, write::GzEncoder};
use proptest::prelude::*;
use snap::write::FrameEncoder;

use super::*;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn snappy(content: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.into_inner().unwrap()
}

/// Decodes the input whole and one byte at a time; both must give the same.
#[track_caller]
fn both_ways(encoding: Encoding, input: &[u8], limit: u64) -> Result<Decoded, ReadError> {
    let whole = decode(encoding, Bytes::copy_from_slice(input), limit);
    let mut decoder = Decoder::new(encoding, limit).unwrap();
    let mut pieces = input.chunks(1);
    let bytewise = loop {
        let Some(piece) = pieces.next() else {
            break decoder.finish();
        };
        match decoder.push(piece) {
            Ok(flow) if flow.is_continue() => {}
            Ok(_) => break decoder.finish(),
            Err(error) => break Err(error),
        }
    };
    assert_eq!(whole, bytewise);
    whole
}

#[track_caller]
fn check(encoding: Encoding, input: &[u8], bytes: &[u8], fault: Option<&str>) {
    let decoded = both_ways(encoding, input, 0).unwrap();
    assert_eq!(decoded.bytes, bytes);
    let words = decoded.fault.map(|fault| fault.to_string());
    assert_eq!(words.as_deref(), fault);
}

#[track_caller]
fn check_refused(input: &[u8], text: &str) {
    let refused = both_ways(Encoding::Gzip, input, 0).unwrap_err();
    assert_eq!(refused.to_string(), text);
}

#[test]
fn encodings_are_compared_as_a_whole_in_any_case() {
    assert_eq!(Encoding::from_header(b"GZip"), Encoding::Gzip);
    assert_eq!(Encoding::from_header(b"SNAPPY"), Encoding::Snappy);
    for other in ["", "identity", "gzip, identity", "x-gzip", " gzip"] {
        assert_eq!(Encoding::from_header(other.as_bytes()), Encoding::Identity);
    }
}

#[test]
fn gzip_members_in_a_row_are_one_body() {
    check(Encoding::Gzip, &gzip(b"one"), b"one", None);
    check(
        Encoding::Gzip,
        &[gzip(b"one"), gzip(b""), gzip(b"two")].concat(),
        b"onetwo",
        None,
    );
}

#[test]
fn a_gzip_header_may_carry_everything() {
    let mut encoder = GzBuilder::new()
        .extra(vec![7; 300])
        .filename("name")
        .comment("comment")
        .write(Vec::new(), Compression::best());
    encoder.write_all(b"content").unwrap();
    check(Encoding::Gzip, &encoder.finish().unwrap(), b"content", None);
}

#[test]
fn a_gzip_body_without_a_header_is_refused_at_once() {
    check_refused(b"", "EOF");
    check_refused(b"\x1f\x8b\x08", "unexpected EOF");
    check_refused(b"some_metric 3.14\n", "gzip: invalid header");
    let mut long_name = vec![0x1f, 0x8b, 8, 1 << 3, 0, 0, 0, 0, 0, 255];
    long_name.extend([b'n'; 600]);
    check_refused(&long_name, "gzip: invalid header");
    check_refused(&long_name[..400], "unexpected EOF");
    let wrong_header_checksum = [0x1f, 0x8b, 8, 1 << 1, 0, 0, 0, 0, 0, 255, 1, 2];
    check_refused(&wrong_header_checksum, "gzip: invalid header");
}

#[test]
fn a_gzip_fault_after_the_header_keeps_what_came_before_it() {
    let good = gzip(b"content");
    let cut = good.len() - 3;
    check(
        Encoding::Gzip,
        &good[..cut],
        b"content",
        Some("unexpected EOF"),
    );
    let mut wrong_checksum = good.clone();
    wrong_checksum[cut - 5] ^= 1;
    check(
        Encoding::Gzip,
        &wrong_checksum,
        b"content",
        Some("gzip: invalid checksum"),
    );
    check(
        Encoding::Gzip,
        &[good.clone(), b"trailing garbage".to_vec()].concat(),
        b"content",
        Some("gzip: invalid header"),
    );
    check(
        Encoding::Gzip,
        &[good.clone(), vec![0x1f]].concat(),
        b"content",
        Some("unexpected EOF"),
    );
    let no_deflate = [&good[..10], &[0xff; 8]].concat();
    let decoded = both_ways(Encoding::Gzip, &no_deflate, 0).unwrap();
    let words = decoded.fault.unwrap().to_string();
    assert!(
        words.starts_with("flate: corrupt input before offset "),
        "{words}"
    );
}

#[test]
fn snappy_frames_are_decoded_and_an_empty_body_is_fine() {
    check(Encoding::Snappy, b"", b"", None);
    check(Encoding::Snappy, &snappy(b"content"), b"content", None);
    let padding = [0xfe, 3, 0, 0, 1, 2, 3];
    check(
        Encoding::Snappy,
        &[snappy(b"one"), padding.to_vec(), snappy(b"two")].concat(),
        b"onetwo",
        None,
    );
}

#[test]
fn snappy_faults_have_gos_texts() {
    const CORRUPT: Option<&str> = Some("snappy: corrupt input");
    const UNSUPPORTED: Option<&str> = Some("snappy: unsupported input");
    let good = snappy(b"content");
    let with = |chunk: &[u8]| [&good[..], chunk].concat();
    check(Encoding::Snappy, b"some_metric 3.14\n", b"", CORRUPT);
    let raw_block = snap::raw::Encoder::new().compress_vec(b"content").unwrap();
    check(Encoding::Snappy, &raw_block, b"", CORRUPT);
    check(Encoding::Snappy, b"\xff\x06\x00\x00sNaPpy", b"", CORRUPT);
    check(Encoding::Snappy, b"\xff\x06", b"", CORRUPT);
    check(Encoding::Snappy, &good[..good.len() - 1], b"", CORRUPT);
    let mut wrong_checksum = good.clone();
    wrong_checksum[14] ^= 1;
    check(Encoding::Snappy, &wrong_checksum, b"", CORRUPT);
    check(
        Encoding::Snappy,
        &with(&[0x02, 1, 0, 0, 9]),
        b"content",
        UNSUPPORTED,
    );
    check(
        Encoding::Snappy,
        &with(&[0x00, 0xff, 0xff, 0xff]),
        b"content",
        UNSUPPORTED,
    );
    check(
        Encoding::Snappy,
        &with(&[0x00, 3, 0, 0, 1, 2, 3]),
        b"content",
        CORRUPT,
    );
}

#[test]
fn a_bomb_is_stopped_at_the_cap() {
    let content = vec![0; 10 << 20];
    for (encoding, bomb) in [
        (Encoding::Gzip, gzip(&content)),
        (Encoding::Snappy, snappy(&content)),
    ] {
        let stopped = decode(encoding, bomb.clone().into(), 1 << 20);
        assert_eq!(stopped, Err(ReadError::TooLarge { limit: 1 << 20 }));
        let whole = decode(encoding, bomb.into(), 10 << 20).unwrap();
        assert_eq!(whole.bytes.len(), content.len());
    }
}

proptest! {
    #[test]
    fn what_was_encoded_comes_out(content in prop::collection::vec(any::<u8>(), 0..5000)) {
        prop_assert_eq!(&both_ways(Encoding::Gzip, &gzip(&content), 0).unwrap().bytes, &content);
        prop_assert_eq!(&both_ways(Encoding::Snappy, &snappy(&content), 0).unwrap().bytes, &content);
    }

    #[test]
    fn broken_bodies_decode_the_same_whole_and_bytewise(
        content in prop::collection::vec(any::<u8>(), 1..500),
        at: prop::sample::Index,
        flip in 1_u8..,
    ) {
        for (encoding, mut encoded) in [(Encoding::Gzip, gzip(&content)), (Encoding::Snappy, snappy(&content))] {
            let at = at.index(encoded.len());
            encoded[at] ^= flip;
            let _ = both_ways(encoding, &encoded, 1000);
        }
    }
}

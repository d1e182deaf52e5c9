use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tonic::Code;

use super::{Encoding, Frames};

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag], &length[..], message].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn check_refused(encoding: Encoding, data: Vec<u8>, code: Code, text: &str) {
    let mut frames = Frames::new(encoding, 100);
    frames.push(data.into());
    let status = frames.next().unwrap_err();
    assert_eq!((status.code(), status.message()), (code, text));
}

#[test]
fn a_message_in_one_piece_is_a_slice_of_it() {
    let data = Bytes::from([framed(0, b"one"), framed(0, b"")].concat());
    let mut frames = Frames::new(Encoding::Identity, 100);
    frames.push(data.clone());
    let message = frames.next().unwrap().unwrap();
    assert_eq!(message, "one");
    assert!(data.as_ptr_range().contains(&message.as_ptr()));
    assert_eq!(frames.next().unwrap().unwrap(), "");
    assert_eq!(frames.next().unwrap(), None);
    assert!(!frames.has_part());
}

#[test]
fn a_message_beyond_the_limit_is_refused_at_its_head() {
    let text = "grpc: received message larger than max (101 vs. 100)";
    let head = vec![0, 0, 0, 0, 101];
    check_refused(Encoding::Identity, head, Code::ResourceExhausted, text);
}

#[test]
fn compressed_messages_are_expanded_up_to_the_limit() {
    let mut frames = Frames::new(Encoding::Gzip, 100);
    frames.push(framed(1, &gzip(b"text")).into());
    assert_eq!(frames.next().unwrap().unwrap(), "text");
    let text = "grpc: received message after decompression larger than max 100";
    let bomb = framed(1, &gzip(&[0; 101]));
    check_refused(Encoding::Gzip, bomb, Code::ResourceExhausted, text);
}

#[test]
fn a_compressed_message_needs_a_known_encoding() {
    let text = "grpc: compressed flag set with identity or empty encoding";
    check_refused(Encoding::Identity, framed(1, b"x"), Code::Internal, text);
    let other = Encoding::parse("br");
    let text = "grpc: Decompressor is not installed for grpc-encoding \"br\"";
    check_refused(other, framed(1, b"x"), Code::Unimplemented, text);
    let text = "grpc: received unexpected payload format 7";
    check_refused(Encoding::Gzip, framed(7, b"x"), Code::Internal, text);
}

proptest! {
    #[test]
    fn messages_come_out_as_they_went_in_however_they_are_cut(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
        cuts in prop::collection::vec(1_usize..40, 1..20),
    ) {
        let data: Vec<u8> = messages.iter().flat_map(|message| framed(0, message)).collect();
        let mut frames = Frames::new(Encoding::Identity, 100);
        let mut seen = Vec::new();
        let mut left = &data[..];
        for cut in cuts.iter().cycle() {
            let (piece, rest) = left.split_at((*cut).min(left.len()));
            frames.push(Bytes::copy_from_slice(piece));
            while let Some(message) = frames.next().unwrap() {
                seen.push(message.to_vec());
            }
            left = rest;
            if left.is_empty() {
                break;
            }
        }
        prop_assert_eq!(seen, messages);
        prop_assert!(!frames.has_part());
    }
}

use std::task::Waker;

use http_body::Body as _;
use proptest::prelude::*;

use super::*;

fn frames(mut body: Body) -> Vec<Bytes> {
    let mut context = Context::from_waker(Waker::noop());
    let mut frames = Vec::new();
    while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
        frames.push(frame.into_data().expect("answers have no trailers"));
    }
    assert!(body.is_end_stream());
    frames
}

#[test]
fn large_pieces_go_out_uncopied_and_small_ones_together() {
    let large = Bytes::from(vec![b'x'; SMALL_BYTES]);
    let small = Bytes::from_static(b"abc");
    let list = [
        &small,
        &small,
        &Bytes::new(),
        &large,
        &small,
        &large,
        &large,
    ];
    let frames = frames(list.into_iter().cloned().collect());
    let lengths: Vec<usize> = frames.iter().map(Bytes::len).collect();
    assert_eq!(lengths, [6, SMALL_BYTES, 3, SMALL_BYTES, SMALL_BYTES]);
    assert_eq!(frames[1].as_ptr(), large.as_ptr());
    assert_eq!(frames[2].as_ptr(), small.as_ptr());
}

#[test]
fn many_small_pieces_fill_frames_up_to_the_bound() {
    let piece = Bytes::from(vec![b'x'; 1000]);
    let frames = frames(std::iter::repeat_n(piece, 1000).collect());
    assert_eq!(frames.iter().map(Bytes::len).sum::<usize>(), 1_000_000);
    assert!(frames.iter().all(|frame| frame.len() <= GATHER_BYTES));
    assert!(frames.len() <= 1_000_000 / (GATHER_BYTES - 1000) + 1);
}

proptest! {
    #[test]
    fn the_frames_joined_are_the_pieces_joined(lengths in prop::collection::vec(0_usize..9000, 0..40)) {
        let pieces: Vec<Bytes> = lengths
            .iter()
            .enumerate()
            .map(|(index, length)| Bytes::from(vec![b"abcdefg"[index % 7]; *length]))
            .collect();
        let body = Body::from(pieces.clone());
        prop_assert_eq!(body.len(), lengths.iter().sum::<usize>() as u64);
        prop_assert_eq!(frames(body).concat(), pieces.concat());
    }
}

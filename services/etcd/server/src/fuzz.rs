//! Entry points of the fuzz targets in `fuzz/`: what must hold of anything a client sends.

use bytes::Bytes;

use crate::{
    gateway,
    grpc::frame::{Encoding, Frames},
};

/// Takes the body of a JSON request. However it is cut, it is read alike; a request that is accepted makes bytes that can be written as
/// JSON again, and that JSON makes the same bytes.
///
/// # Panics
/// If that does not hold.
pub fn fuzz_gateway(data: &[u8]) {
    gateway::fuzz(data);
}

/// Takes the data of a gRPC stream. However it is cut, the same messages come out, none larger than allowed.
///
/// # Panics
/// If that does not hold.
pub fn fuzz_frames(data: &[u8]) {
    let all = |cut: usize| {
        let mut frames = Frames::new(Encoding::Gzip, BYTES_MAX);
        let mut found = Vec::new();
        for piece in data.chunks(cut) {
            frames.push(Bytes::copy_from_slice(piece));
            loop {
                match frames.next() {
                    Ok(Some(message)) => found.push(message),
                    Ok(None) => break,
                    Err(status) => return (found, Some(status.message().to_owned())),
                }
            }
        }
        (found, None)
    };
    let whole = all(data.len().max(1));
    assert!(whole.0.iter().all(|message| message.len() <= BYTES_MAX));
    assert_eq!(whole, all(1));
    assert_eq!(whole, all(7));
}

const BYTES_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[track_caller]
    fn replay(target: fn(&[u8]), name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(name);
        let inputs: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(!inputs.is_empty());
        for input in inputs {
            target(&fs::read(input).unwrap());
        }
    }

    #[test]
    fn corpora_are_replayed() {
        replay(super::fuzz_gateway, "gateway");
        replay(super::fuzz_frames, "frames");
    }
}

//! What the fuzz targets in `fuzz/` call, and what a test replays on their corpora: request paths and snapshot files from
//! outside, and what must hold of them.

use std::io::Cursor;

use http::Method;
use kit_metrics::name::NameScheme;

use crate::{
    group_key,
    page::group_path::{encoded, readable},
    persist::snapshot,
    routes::{Endpoint, Routed, Routes},
    store::{check::check_all, exposition, group::GroupKey, state::State},
};

/// Reads a path as a push does. A group it names is found again under the paths that the page writes for it.
///
/// # Panics
/// When that does not hold.
pub fn fuzz_group_path(data: &[u8]) {
    let routes = Routes::new("", "/metrics", false);
    let Ok(path) = str::from_utf8(data) else {
        return;
    };
    for scheme in [NameScheme::Legacy, NameScheme::Utf8] {
        let Some(key) = group_of(&routes, path, scheme) else {
            continue;
        };
        assert!(key.value(b"job").is_some_and(|job| !job.is_empty()));
        for written in [
            format!("/{}", encoded(&key, scheme)),
            readable(&key, scheme),
        ] {
            let again = group_of(&routes, &format!("/metrics{written}"), scheme);
            assert_eq!(again.as_ref(), Some(&key), "{written}");
        }
    }
}

fn group_of(routes: &Routes, path: &str, scheme: NameScheme) -> Option<GroupKey> {
    let Routed::To(Endpoint::Push(target)) = routes.find(&Method::PUT, path) else {
        return None;
    };
    group_key::parse(&target.job, target.job_is_base64, &target.labels, scheme).ok()
}

/// Loads a snapshot. What loads can be counted, checked, shown, and written so that it loads as the same again.
///
/// # Panics
/// When that does not hold.
pub fn fuzz_snapshot(data: &[u8]) {
    let Ok(state) = snapshot::read(data) else {
        return;
    };
    let by_group: usize = state.groups.iter().map(|group| group.series).sum();
    let by_name: usize = state
        .names
        .iter()
        .map(|index| index.series.iter().count())
        .sum();
    assert_eq!([state.series; 2], [by_group, by_name]);
    let again = snapshot::read(&written(&state)).expect("what was written loads");
    assert_eq!(written(&again), written(&state));
    assert_eq!(check_all(&again).is_ok(), check_all(&state).is_ok());
    assert_eq!(shown(&again), shown(&state));
}

fn written(state: &State) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    snapshot::write(state, &mut file).expect("memory takes everything");
    file.into_inner()
}

/// Returns the exposition of a state that can be exposed.
fn shown(state: &State) -> Option<Vec<u8>> {
    check_all(state).ok()?;
    Some(exposition::assemble(state, &[], Default::default(), Default::default()).concat())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::{collection::vec, prelude::*};

    use super::{fuzz_group_path, fuzz_snapshot};

    #[track_caller]
    fn replay(target: &str, run: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let mut count = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            run(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 10, "{count} inputs of {target}");
    }

    #[test]
    fn the_corpora_are_replayed() {
        replay("group_path", fuzz_group_path);
        replay("snapshot", fuzz_snapshot);
    }

    #[test]
    fn whole_snapshots_with_any_byte_changed_are_harmless() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/snapshot");
        let whole = fs::read(corpus.join("two_groups")).unwrap();
        for at in 0..whole.len() {
            for flipped in [0x01, 0x02, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flipped;
                fuzz_snapshot(&damaged);
            }
        }
    }

    proptest! {
        #[test]
        fn the_group_path_target_holds_for_random_paths(tail in "(job(@base64)?/)?[a-zA-Z0-9_@/%=\u{fc}U-]{0,40}", bytes in vec(any::<u8>(), 0..24)) {
            fuzz_group_path(format!("/metrics/job/a/{tail}").as_bytes());
            fuzz_group_path(format!("/metrics/{tail}").as_bytes());
            let escaped: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
            fuzz_group_path(format!("/metrics/job/{escaped}/l/{escaped}").as_bytes());
        }
    }
}

use super::*;
use crate::store::{
    Mode,
    pushed::Pushed,
    testing::{families, key, store},
};

async fn filled() -> Arc<State> {
    let store = store();
    let metrics = families(&[("m", &[(&[("l", "x")], 1.0)])]);
    store
        .push(Pushed::new(
            &store.state(),
            key(&[("job", "a")]),
            Mode::Merge,
            Moment::now(),
            metrics,
        ))
        .await
        .unwrap();
    store.state()
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_saved_is_loaded() {
    let directory = tempfile::tempdir().unwrap();
    let file = SnapshotFile::new(directory.path().join("snap"));
    assert!(file.load().groups.is_empty());
    file.save(&*filled().await).unwrap();
    assert_eq!(file.load().series, 3);
    assert_eq!(names(directory.path()), ["snap"]);
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_written_leaves_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let file = SnapshotFile::new(directory.path().join("snap"));
    file.save(&*filled().await).unwrap();
    // A directory in place of the target cannot be replaced by a file.
    let blocked = SnapshotFile::new(directory.path().join("blocked"));
    fs::create_dir_all(directory.path().join("blocked/full")).unwrap();
    blocked.save(&State::default()).unwrap_err();
    assert_eq!(names(directory.path()), ["blocked", "snap"]);
    assert_eq!(file.load().series, 3);
}

#[tokio::test]
async fn leftovers_of_a_killed_program_are_removed_and_other_files_stay() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["snap.in_progress.123", "snap.other", "other.in_progress.1"] {
        fs::write(directory.path().join(name), "x").unwrap();
    }
    let file = SnapshotFile::new(directory.path().join("snap"));
    file.save(&*filled().await).unwrap();
    file.load();
    assert_eq!(
        names(directory.path()),
        ["other.in_progress.1", "snap", "snap.other"]
    );
}

#[test]
fn a_snapshot_that_cannot_be_read_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("snap");
    // More often than once a second, too.
    for text in ["no gob", "no gob either"] {
        fs::write(&path, text).unwrap();
        assert!(SnapshotFile::new(path.clone()).load().groups.is_empty());
    }
    let kept = names(directory.path());
    assert!(
        kept.len() == 2 && kept.iter().all(|name| name.starts_with("snap.corrupt-")),
        "{kept:?}"
    );
}

//! Which directories a path opens.

use std::{fs, os::unix::fs::symlink};

use super::*;

fn right(path: &Path, need: Need) -> PathRight {
    PathRight {
        path: path.to_owned(),
        need,
        origin: "--file",
    }
}

/// Lays out a mounted secret as Kubernetes does: `tls.crt -> ..data/tls.crt`, `..data -> ..1`.
fn mounted_secret(folder: &Path) -> PathBuf {
    fs::create_dir(folder.join("..1")).unwrap();
    fs::write(folder.join("..1/tls.crt"), "").unwrap();
    symlink("..1", folder.join("..data")).unwrap();
    symlink("..data/tls.crt", folder.join("tls.crt")).unwrap();
    folder.join("tls.crt")
}

#[test]
fn a_mounted_secret_opens_the_whole_mount_because_its_data_are_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let rules = rules_of(&right(&mounted_secret(&folder), Need::PrivateFile)).unwrap();
    assert_eq!(
        rules,
        [(folder.clone(), read()), (folder.join("..1"), read())]
    );
}

#[test]
fn a_file_that_is_written_opens_its_directory_for_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let rules = rules_of(&right(&folder.join("store"), Need::ReplaceFile)).unwrap();
    assert_eq!(rules, [(folder, write_files())]);
}

#[test]
fn a_file_in_the_root_directory_is_read_alone_and_never_written() {
    let rules = rules_of(&right(Path::new("/web.yml"), Need::ReadFile)).unwrap();
    assert_eq!(rules, [(PathBuf::from("/web.yml"), read())]);
    for need in [Need::ReplaceFile, Need::WriteFile, Need::CreateDirectory] {
        let refusal = rules_of(&right(Path::new("/store"), need)).unwrap_err();
        let text = "GRD-L02: /store lies in the root directory: a sandbox that lets it be written is none; \
                    fix: name a path in a directory of its own for --file";
        assert_eq!(refusal.to_string(), text);
        assert_eq!(refusal.exit_code(), 78);
    }
}

#[test]
fn a_directory_to_be_made_opens_the_one_it_is_made_in() {
    let folder = tempfile::tempdir().unwrap();
    let rules = rules_of(&right(&folder.path().join("a/b"), Need::CreateDirectory)).unwrap();
    assert_eq!(rules[0].0, folder.path());
    assert!(rules[0].1.contains(AccessFs::MakeDir));
}

#[test]
fn what_is_not_there_opens_nothing() {
    let rules = rules_of(&right(Path::new("/nonexistent/web.yml"), Need::ReadFile)).unwrap();
    assert_eq!(rules, []);
}

#[test]
fn ports_are_those_that_were_named() {
    let tcp = [":9091", "localhost:http", "127.0.0.1:0", "nonsense"];
    let listen = tcp
        .map(|it| Listen::Tcp(it.to_owned()))
        .into_iter()
        .chain([Listen::Vsock(9091)]);
    let rights = Rights {
        listen: listen.collect(),
        ..Rights::default()
    };
    assert_eq!(ports(&rights).collect::<Vec<_>>(), [9091, 80, 0]);
}

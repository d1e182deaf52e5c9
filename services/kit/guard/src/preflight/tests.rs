use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, net::UnixListener},
};

use super::*;

#[track_caller]
fn ids(report: &PathReport, expected: &[&str]) {
    let ids: Vec<&str> = report.findings().iter().map(|finding| finding.id).collect();
    assert_eq!(ids, expected, "{report:?}");
}

fn tried(path: &Path, need: Need) -> PathReport {
    check(path, need, "--test")
}

#[test]
fn attempts_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for need in [Need::WriteDirectory, Need::CreateDirectory] {
        assert!(tried(folder.path(), need).is_ok(), "{need:?}");
    }
    for need in [Need::WriteFile, Need::ReplaceFile] {
        assert!(tried(&folder.path().join("file"), need).is_ok(), "{need:?}");
    }
    assert!(tried(&folder.path().join("not/yet/there"), Need::CreateDirectory).is_ok());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_is_unchanged_by_its_attempts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "content").unwrap();
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    for need in [
        Need::ReadFile,
        Need::PrivateFile,
        Need::WriteFile,
        Need::ReplaceFile,
    ] {
        assert!(tried(&file, need).is_ok(), "{need:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "content");
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn what_is_missing_is_named_with_the_part_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let report = tried(&folder.path().join("web.yml"), Need::ReadFile);
    ids(&report, &["GRD-F03"]);
    assert!(
        report
            .explanation()
            .unwrap()
            .contains("/web.yml does not exist; fix: create ")
    );
    let report = tried(&folder.path().join("data/store"), Need::ReplaceFile);
    ids(&report, &["GRD-F03"]);
    assert!(
        report
            .explanation()
            .unwrap()
            .contains("/data does not exist"),
        "{report:?}"
    );
}

#[test]
fn a_directory_for_a_file_and_a_file_for_a_directory_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for need in [Need::ReadFile, Need::WriteFile, Need::ReplaceFile] {
        let report = tried(folder.path(), need);
        ids(&report, &["GRD-F05"]);
        assert!(
            report
                .explanation()
                .unwrap()
                .contains("is a directory where a file is expected"),
            "{need:?}"
        );
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let cases = [
        (file.clone(), Need::WriteDirectory),
        (file.clone(), Need::CreateDirectory),
        (file.clone(), Need::ReadDirectory),
        (file.join("x"), Need::ReadFile),
        (file.join("x"), Need::ReplaceFile),
    ];
    for (path, need) in cases {
        let report = tried(&path, need);
        ids(&report, &["GRD-F05"]);
        let expected = format!("{} is a file where a directory is expected", file.display());
        assert!(
            report.explanation().unwrap().contains(&expected),
            "{need:?} {report:?}"
        );
    }
}

#[test]
fn a_private_file_that_others_can_read_is_a_warning_without_explanation() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    fs::write(&key, "").unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
    let report = tried(&key, Need::PrivateFile);
    assert!(report.is_ok());
    ids(&report, &["GRD-F07"]);
    assert_eq!(report.explanation(), None);
    assert!(
        report.findings()[0]
            .message
            .ends_with("key.pem is private and can be read by others (mode 0640)")
    );
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    ids(&tried(&key, Need::PrivateFile), &[]);
}

#[test]
fn a_named_pipe_is_not_opened_because_its_writer_would_notice() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("config");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for need in [Need::ReadFile, Need::WriteFile] {
        assert_eq!(attempt::attempt(&pipe, need), Ok(Outcome::NotTried));
    }
    assert!(tried(&pipe, Need::ReadFile).is_ok());
}

#[test]
fn a_socket_cannot_be_read_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let _socket = UnixListener::bind(&path).unwrap();
    for need in [Need::ReadFile, Need::WriteFile] {
        let report = tried(&path, need);
        ids(&report, &["GRD-F05"]);
        assert!(
            report
                .explanation()
                .unwrap()
                .contains("/config is a socket where a file is expected")
        );
    }
}

#[test]
fn a_filesystem_without_unnamed_files_gets_one_whose_name_is_gone_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = attempt::briefly_named_file(folder.path()).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(file.metadata().is_ok());
}

#[test]
fn an_error_of_the_service_is_explained_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone/store");
    let error = fs::write(&path, "").unwrap_err();
    let line = explain(&path, Need::ReplaceFile, "--persistence.file", &error).unwrap();
    assert!(
        line.starts_with("GRD-F03: ") && line.contains("/gone does not exist"),
        "{line}"
    );
    assert_eq!(
        explain(&path, Need::ReplaceFile, "--persistence.file", &error),
        None
    );
    let ours = io::Error::other("not of the kernel");
    assert_eq!(
        explain(&path, Need::ReplaceFile, "--persistence.file", &ours),
        None
    );
}

#[test]
fn too_little_space_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    ids(&check_space(folder.path(), 0, "--data-dir"), &[]);
    let report = check_space(&folder.path().join("later"), u64::MAX, "--data-dir");
    ids(&report, &["GRD-F04"]);
    assert!(report.is_ok());
}

#[test]
fn only_a_container_is_told_of_a_writable_root() {
    assert_eq!(
        writable_root(Platform::Kubernetes, Some(false)).unwrap().id,
        "GRD-F09"
    );
    assert_eq!(writable_root(Platform::Kubernetes, Some(true)), None);
    assert_eq!(writable_root(Platform::Docker, None), None);
    assert_eq!(writable_root(Platform::Bare, Some(false)), None);
}

#[test]
fn a_volume_without_owners_is_named() {
    let finding = explain::no_ownership(Path::new("/data"), Errno::EPERM);
    assert_eq!(finding.id, "GRD-F06");
    assert_eq!(
        finding.message,
        "the volume of /data does not support ownership and modes (EPERM on chmod)"
    );
}

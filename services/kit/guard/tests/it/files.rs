//! Files and directories under other users, read-only and full filesystems.

use std::{fs, process::Stdio};

use crate::guarded::{AS_USER, Ended, Guarded, is_root};

/// A mount namespace of its own.
const OWN_MOUNTS: [&str; 2] = ["unshare", "-m"];

#[track_caller]
fn unusable(ended: &Ended, expected: &str) {
    let mut lines = ended.stdout.lines();
    assert_eq!(lines.next(), Some("not usable"), "{ended:?}");
    let line = lines.next().unwrap();
    assert!(line.starts_with(expected), "{line}\n{expected}");
    assert_eq!(lines.next(), Some("explained true, again false"));
}

#[test]
fn a_directory_of_another_user_is_named_with_its_owner_and_mode() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let data = guarded.folder().join("data");
    fs::create_dir(&data).unwrap();
    let data = data.to_str().unwrap();
    let expected = format!(
        "GRD-F01: {data} is not writable by uid 65532 gid 65532 (owner 0:0, mode 0755); fix: "
    );
    let chown = format!("chown 65532:65532 {data} ");
    let create = format!("create {data}/a/b with owner 65532:65532");
    for (need, path, fix) in [
        ("write-directory", data.to_owned(), &chown),
        ("create-directory", data.to_owned(), &chown),
        ("create-directory", format!("{data}/a/b"), &create),
        ("replace-file", format!("{data}/store"), &chown),
        ("write-file", format!("{data}/log"), &chown),
    ] {
        let ended = guarded.run(&AS_USER, &[], &["path", need, &path]);
        unusable(&ended, &expected);
        assert!(ended.stdout.contains(fix), "{ended:?}");
        assert!(
            ended
                .stdout
                .contains("Kubernetes: securityContext.fsGroup: 65532"),
            "{ended:?}"
        );
    }
    let usable = guarded.run(&["env"], &[], &["path", "write-directory", data]);
    assert!(usable.stdout.starts_with("usable\n"), "{usable:?}");
}

#[test]
fn nobody_is_told_to_give_the_root_directory_away() {
    if !is_root() {
        return;
    }
    let ended = Guarded::new().run(
        &AS_USER,
        &[],
        &["path", "replace-file", "/pushgateway.snapshot"],
    );
    unusable(
        &ended,
        "GRD-F01: / is not writable by uid 65532 gid 65532 (owner 0:0, mode ",
    );
    assert!(!ended.stdout.contains("chown"), "{ended:?}");
    let instead = "name a path in a directory that uid 65532 owns instead of /pushgateway.snapshot";
    assert!(ended.stdout.contains(instead), "{ended:?}");
}

#[test]
fn a_secret_of_another_user_and_a_directory_that_cannot_be_entered_are_told_apart() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    guarded.shell(
        &[],
        "cd $FOLDER; mkdir -m 700 shut; touch shut/key; umask 077; touch key",
        Stdio::null(),
    );
    let folder = guarded.folder().display();
    let run = |path: &str| guarded.run(&AS_USER, &[], &["path", "private-file", path]);
    let key = format!(
        "GRD-F01: {folder}/key is not readable by uid 65532 gid 65532 (owner 0:0, mode 0600)"
    );
    unusable(&run(&format!("{folder}/key")), &key);
    let shut = format!(
        "GRD-F01: {folder}/shut is not accessible by uid 65532 gid 65532 (owner 0:0, mode 0700)"
    );
    unusable(&run(&format!("{folder}/shut/key")), &shut);
}

#[test]
fn a_read_only_mount_is_named_with_where_to_mount_a_volume() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let script = "mkdir $FOLDER/data; mount -t tmpfs none $FOLDER/data; mount -o remount,ro $FOLDER/data; \
                  exec $PROGRAM path replace-file $FOLDER/data/store";
    let ended = guarded.shell(&OWN_MOUNTS, script, Stdio::null());
    let data = guarded.folder().join("data");
    unusable(
        &ended,
        &format!(
            "GRD-F02: {}/store is on a read-only filesystem; fix: ",
            data.display()
        ),
    );
    assert!(
        ended.stdout.contains(&format!("at {}", data.display())),
        "{ended:?}"
    );
}

#[test]
fn a_full_filesystem_is_told_with_what_is_left() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let script = "mkdir $FOLDER/data; mount -t tmpfs -o size=64k none $FOLDER/data; \
                  head -c 64k /dev/zero > $FOLDER/data/fill; exec $PROGRAM path write-directory $FOLDER/data";
    let ended = guarded.shell(&OWN_MOUNTS, script, Stdio::null());
    let data = guarded.folder().join("data");
    let expected = format!(
        "GRD-F04: the filesystem of {} has 0 bytes and ",
        data.display()
    );
    unusable(&ended, &expected);
    assert!(
        ended
            .stdout
            .contains(&format!("fix: free or add space at {}", data.display())),
        "{ended:?}"
    );
}

#[test]
fn a_filesystem_without_inodes_is_told_although_bytes_are_left() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let script = "mkdir $FOLDER/data; mount -t tmpfs -o nr_inodes=1,size=1m none $FOLDER/data; \
                  $PROGRAM space $FOLDER/data 4096; exec $PROGRAM path write-directory $FOLDER/data";
    let ended = guarded.shell(&OWN_MOUNTS, script, Stdio::null());
    let (warning, failure) = ended.stdout.split_once('\n').unwrap();
    assert!(
        warning.starts_with("GRD-F04: ") && warning.contains(" and 0 inodes free"),
        "{ended:?}"
    );
    assert!(failure.starts_with("not usable\nGRD-F04: "), "{ended:?}");
}

#[test]
fn data_on_the_containers_own_layer_is_a_warning() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    // An upper layer on tmpfs, because the test's folder may itself be on an overlay.
    let script = "cd $FOLDER; mkdir stage; mount -t tmpfs none stage; cd stage; mkdir low up work all; \
                  mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work all; \
                  $PROGRAM path write-directory $FOLDER/stage/all; \
                  $PROGRAM path replace-file $FOLDER/stage/all/store; find up";
    let ended = guarded.shell(&OWN_MOUNTS, script, Stdio::null());
    let all = guarded.folder().join("stage/all");
    let all = all.display();
    let expected = format!(
        "usable\n\
         GRD-F08: {all} lies on the container's own layer: its data will be lost with the container; \
         fix: mount a volume at {all}\n\
         usable\n\
         GRD-F08: {all}/store lies on the container's own layer: its data will be lost with the container; \
         fix: mount a volume at {all}\n\
         up\n"
    );
    assert_eq!(ended.stdout, expected, "{ended:?}");
}

#[test]
fn a_program_that_its_user_can_change_is_a_warning() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let program = guarded.program();
    assert_eq!(guarded.run(&AS_USER, &[], &["executable"]).stdout, "");
    let own_folder = guarded.shell(&[], "chown 65532 $FOLDER", Stdio::null());
    assert_eq!(own_folder.code, Some(0));
    let ended = guarded.run(&AS_USER, &[], &["executable"]);
    let folder = guarded.folder().display();
    assert!(ended.stdout.starts_with(&format!(
        "GRD-F10: {folder} can be changed by the running uid 65532; fix: "
    )));
    guarded.shell(&[], "chown 65532 $PROGRAM", Stdio::null());
    let ended = guarded.run(&AS_USER, &[], &["executable"]);
    assert!(ended.stdout.starts_with(&format!(
        "GRD-F10: {program} can be changed by the running uid 65532; fix: "
    )));
}

#[test]
fn a_volume_without_file_locks_is_told_before_two_stores_share_it() {
    let guarded = Guarded::new();
    let data = guarded.folder().display().to_string();
    // ENOLCK, as NFS answers without its lock service.
    let words = [
        "without",
        "flock",
        "*",
        "37",
        "path",
        "lock-directory",
        &data,
    ];
    let expected = format!(
        "GRD-F11: the volume of {data} does not support file locks (ENOLCK on flock); fix: "
    );
    unusable(&guarded.run(&["env"], &[], &words), &expected);
    let usable = guarded.run(&["env"], &[], &words[4..]);
    assert!(usable.stdout.starts_with("usable\n"), "{usable:?}");
}

#[test]
fn a_volume_that_keeps_no_modes_is_a_warning() {
    let guarded = Guarded::new();
    let data = guarded.folder().display().to_string();
    // EPERM, as CIFS answers to chmod.
    let words = [
        "without",
        "fchmod",
        "*",
        "1",
        "path",
        "write-directory",
        &data,
    ];
    let ended = guarded.run(&["env"], &[], &words);
    let expected = format!(
        "usable\nGRD-F06: the volume of {data} does not support ownership and modes (EPERM on chmod); fix: "
    );
    assert!(ended.stdout.starts_with(&expected), "{ended:?}");
}

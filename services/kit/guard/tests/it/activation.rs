//! Sockets passed by a supervisor: the shell plays systemd.

use std::{
    fs::File,
    os::{
        fd::OwnedFd,
        unix::net::{UnixDatagram, UnixListener, UnixStream},
    },
    process::Stdio,
};

use kit_guard::bind;

use crate::guarded::{Ended, Guarded};

const NONE: &str = "no socket activation file descriptors found";

/// Passes `socket` as descriptors 3 and 4 and runs the program with the given variables.
fn pass(socket: impl Into<OwnedFd>, variables: &str) -> Ended {
    let script = format!("exec 3<&0 4<&0 0</dev/null; {variables} exec $PROGRAM sockets");
    Guarded::new().shell(&[], &script, Stdio::from(socket.into()))
}

fn listener() -> OwnedFd {
    bind::tcp("127.0.0.1", 0, "test").unwrap().into()
}

#[track_caller]
fn refused(ended: &Ended, first: &str, second: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.lines()[0], first);
    assert!(ended.lines()[1].starts_with(second), "{ended:?}");
    assert_eq!(ended.lines().len(), 2, "{ended:?}");
}

#[test]
fn one_and_two_sockets_are_taken_with_their_names_and_hidden_from_children() {
    let one = pass(listener(), "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web");
    assert_eq!(
        one.stdout, "tcp 127.0.0.1 web\nchild has 4\n",
        "4 was not offered and is not ours: {one:?}"
    );
    let two = pass(listener(), "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:");
    assert_eq!(
        two.stdout, "tcp 127.0.0.1 web\ntcp 127.0.0.1 -\n",
        "{two:?}"
    );
}

#[test]
fn a_unix_socket_is_taken_too() {
    let folder = tempfile::tempdir().unwrap();
    let socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    assert!(
        pass(socket, "LISTEN_PID=$$ LISTEN_FDS=1")
            .stdout
            .starts_with("unix -\n")
    );
}

#[test]
fn nothing_passed_is_upstreams_error_and_nothing_more() {
    for variables in ["", "LISTEN_PID=$$ LISTEN_FDS=0"] {
        let ended = pass(listener(), variables);
        assert_eq!((ended.code, ended.stderr), (Some(1), format!("{NONE}\n")));
    }
}

#[test]
fn sockets_for_another_pid_are_refused_unless_any_pid_is_allowed() {
    refused(
        &pass(listener(), "LISTEN_PID=1 LISTEN_FDS=1"),
        NONE,
        "GRD-S01: LISTEN_PID is \"1\" and this process is ",
    );
    refused(
        &pass(listener(), "LISTEN_FDS=1"),
        NONE,
        "GRD-S01: LISTEN_PID is not set and this process is ",
    );
    for variables in ["LISTEN_PID=1 LISTEN_FDS=1", "LISTEN_FDS=1"] {
        let ended = pass(listener(), &format!("GUARD_LISTEN_ANYPID=1 {variables}"));
        assert!(ended.stdout.starts_with("tcp 127.0.0.1 -\n"), "{ended:?}");
    }
}

#[test]
fn a_descriptor_that_is_no_listening_stream_socket_is_refused() {
    const OFFER: &str = "LISTEN_PID=$$ LISTEN_FDS=1";
    let (stream, _other) = UnixStream::pair().unwrap();
    let text = "socket activation file descriptor 3: is not listening";
    refused(
        &pass(stream, OFFER),
        text,
        &format!("GRD-S03: {text}; fix: "),
    );
    let text = "socket activation file descriptor 3: is not a stream socket";
    refused(
        &pass(UnixDatagram::unbound().unwrap(), OFFER),
        text,
        &format!("GRD-S02: {text}; fix: "),
    );
    let text = "socket activation file descriptor 3: is not a socket";
    refused(
        &pass(File::open("/dev/null").unwrap(), OFFER),
        text,
        &format!("GRD-S02: {text}; fix: "),
    );
}

#[test]
fn a_count_beyond_what_was_passed_is_refused() {
    let text = "socket activation file descriptor 5: is not open (EBADF: Bad file number)";
    refused(
        &pass(listener(), "LISTEN_PID=$$ LISTEN_FDS=3"),
        text,
        &format!("GRD-S01: {text}; fix: "),
    );
}

/// Passes two sockets under these names to a service that knows `client` and `peer`.
fn pass_named(names: &str, variables: &str) -> Ended {
    let script = format!(
        "exec 3<&0 4<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES={names} {variables} \
         exec $PROGRAM named client peer"
    );
    Guarded::new().shell(&[], &script, Stdio::from(listener()))
}

#[test]
fn sockets_are_mapped_by_their_names_when_asked() {
    let mapped = |names| pass_named(names, "GUARD_LISTEN_MAP=1").stdout;
    assert_eq!(mapped("client:peer"), "client 1\npeer 1\n");
    assert_eq!(mapped("client:client"), "client 2\n");
    assert_eq!(pass_named("client:peer", "").stdout, "not mapped\n");
}

#[test]
fn a_name_that_means_nothing_is_refused() {
    refused(
        &pass_named("client:web", "GUARD_LISTEN_MAP=1"),
        "socket activation file descriptor name \"web\" is unknown",
        "GRD-S04: a passed socket is named \"web\", which is none of client, peer; fix: set FileDescriptorName= ",
    );
}

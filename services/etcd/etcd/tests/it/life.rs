//! A member from its start to its end.

use std::{fs, os::unix::net::UnixDatagram, process::Command, time::Duration};

use etcd_client::Credentials;
use nix::sys::signal::Signal;

use crate::program::{Member, PROGRAM, command, connect, field, get, put, refused};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_there_after_a_crash_and_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let member = Member::start(folder.path(), &[]);
    let client = member.client().await;
    for number in 0..200 {
        put(&client, &format!("k{number}"), &number.to_string())
            .await
            .unwrap();
    }
    member.crash();
    let mut member = Member::start(folder.path(), &[]);
    assert!(
        member
            .log
            .iter()
            .any(|line| line.contains("server has already been initialized"))
    );
    let client = member.client().await;
    for number in 0..200 {
        assert_eq!(
            get(&client, &format!("k{number}")).await.unwrap(),
            Some(number.to_string())
        );
    }
    assert_eq!(put(&client, "last", "1").await.unwrap(), 202);
    member.stop(Signal::SIGTERM);
    let member = Member::start(folder.path(), &[]);
    assert_eq!(
        get(&member.client().await, "last")
            .await
            .unwrap()
            .as_deref(),
        Some("1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_in_order_and_shows_in_the_exit_status() {
    use std::os::unix::process::ExitStatusExt as _;
    for (signal, name) in [
        (Signal::SIGTERM, "terminated"),
        (Signal::SIGINT, "interrupt"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut member = Member::start(folder.path(), &[]);
        put(&member.client().await, "a", "b").await.unwrap();
        let begin = member.log.len();
        let status = member.stop(signal);
        assert_eq!(status.signal(), Some(signal as i32), "{status}");
        let told: Vec<String> = member.log[begin..]
            .iter()
            .map(|line| field(line, "msg"))
            .collect();
        assert_eq!(
            told,
            [
                "received signal; shutting down",
                "closing etcd server",
                "skipped leadership transfer for single voting member cluster",
                "stopping serving peer traffic",
                "stopped serving peer traffic",
                "closed etcd server"
            ]
        );
        assert_eq!(field(&member.log[begin], "signal"), name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut member = Member::start(folder.path(), &[]);
    let mut writers = Vec::new();
    for writer in 0..8 {
        let client = member.client().await;
        writers.push(tokio::spawn(async move {
            let mut answered = 0;
            while put(&client, &format!("w{writer}"), &(answered + 1).to_string())
                .await
                .is_ok()
            {
                answered += 1;
            }
            answered
        }));
    }
    let client = member.client().await;
    while get(&client, "w7")
        .await
        .unwrap()
        .is_none_or(|value| value.parse::<u32>().unwrap() < 20)
    {}
    member.stop(Signal::SIGTERM);
    let member = Member::start(folder.path(), &[]);
    let client = member.client().await;
    for (writer, task) in writers.into_iter().enumerate() {
        let answered: u32 = task.await.unwrap();
        let there = get(&client, &format!("w{writer}")).await.unwrap().unwrap();
        // The last one may be there without an answer.
        assert!(
            there.parse::<u32>().unwrap() >= answered,
            "{there} of {answered}"
        );
    }
}

#[test]
fn systemd_is_told_when_it_serves_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let receiver = UnixDatagram::bind(&path).unwrap();
    receiver
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut command = command(folder.path());
    command.env("NOTIFY_SOCKET", &path);
    let mut member = Member::start_as(command);
    let mut buffer = [0; 64];
    let length = receiver.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"READY=1");
    member.stop(Signal::SIGTERM);
    let length = receiver.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"STOPPING=1");
}

#[test]
fn bad_flags_end_it_as_upstream_ends() {
    let ends = |flags: &[&str], code: i32, words: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(folder.path());
        command.args(flags);
        let (ended, log) = refused(command);
        assert_eq!(ended, Some(code), "{log}");
        assert!(log.contains(words), "{words} is not in\n{log}");
    };
    ends(
        &["--nonsense"],
        2,
        "flag provided but not defined: -nonsense",
    );
    ends(
        &["--max-wals=x"],
        2,
        "invalid value \"x\" for flag -max-wals: parse error",
    );
    ends(&["word"], 1, "\\\"word\\\" is not a valid flag");
    ends(
        &["--listen-client-urls=http://a.b:1"],
        1,
        "expected IP in URL for binding",
    );
    ends(
        &["--listen-client-urls=https://127.0.0.1:0"],
        1,
        "TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:0 with HTTPS scheme",
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let member = Member::start(folder.path(), &[]);
    let other = tempfile::tempdir().unwrap();
    for (flag, address) in [
        ("--listen-client-urls", &member.address),
        ("--listen-peer-urls", &member.peer),
    ] {
        let mut command = command(other.path());
        command.arg(format!("{flag}=http://{address}"));
        let (code, log) = refused(command);
        assert_eq!(code, Some(1), "{log}");
        let words = format!("listen tcp {address}: bind: address already in use");
        assert!(log.contains(&words), "{words} is not in\n{log}");
    }
}

#[tokio::test]
async fn two_members_share_a_port_when_both_say_so() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = Member::start(
        one.path(),
        &["--socket-reuse-port", "--socket-reuse-address"],
    );
    let url = format!("--listen-client-urls=http://{}", first.address);
    let second = Member::start(two.path(), &["--socket-reuse-port", &url]);
    assert_eq!(first.address, second.address);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_served_on_every_url_and_on_sockets_in_the_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("etcd.sock");
    let urls = format!(
        "--listen-client-urls=http://127.0.0.1:0,unix://{}",
        socket.display()
    );
    let mut member = Member::start(folder.path(), &[&urls]);
    put(&member.client().await, "a", "b").await.unwrap();
    let endpoint = format!("unix://{}", socket.display());
    let client = connect(&endpoint, Credentials::None, None).await.unwrap();
    assert_eq!(get(&client, "a").await.unwrap().as_deref(), Some("b"));
    member.stop(Signal::SIGTERM);
    assert!(!socket.exists(), "the socket stays behind");
}

#[test]
fn data_of_somebody_else_or_in_the_way_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "a file").unwrap();
    let (code, log) = refused(command(folder.path()));
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("failed to list data directory"), "{log}");

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("data/proxy")).unwrap();
    let (code, log) = refused(command(folder.path()));
    assert_eq!(code, Some(1), "{log}");
    assert!(
        log.contains("v2 http proxy has already been deprecated in 3.6"),
        "{log}"
    );
}

#[test]
fn a_folder_in_use_is_not_shared() {
    let folder = tempfile::tempdir().unwrap();
    let _member = Member::start(folder.path(), &[]);
    let (code, log) = refused(command(folder.path()));
    assert_eq!(code, Some(1), "{log}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    // Nobody but root may become somebody else.
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    // The program may lie where only its builder may look.
    let program = folder.path().join("etcd");
    fs::copy(PROGRAM, &program).unwrap();
    let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65532", "--regid=65532", "--clear-groups"])
        .arg(program);
    command.arg(format!("--data-dir={}", data.display()));
    command.args([
        "--listen-client-urls=http://127.0.0.1:0",
        "--advertise-client-urls=http://a:1",
        "--listen-peer-urls=http://127.0.0.1:0",
    ]);
    let (code, log) = refused(command);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("ermission denied"), "{log}");
    assert!(
        log.contains(&data.join("member").display().to_string()),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_with_nothing_but_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.env("GUARD_SANDBOX", "all");
    let member = Member::start_as(command);
    let client = member.client().await;
    put(&client, "a", "b").await.unwrap();
    assert_eq!(get(&client, "a").await.unwrap().as_deref(), Some("b"));
    let status = fs::read_to_string(format!("/proc/{}/status", member.pid())).unwrap();
    assert!(status.contains("Seccomp:\t2"), "{status}");
    member.crash();
    let member = Member::start(folder.path(), &[]);
    assert_eq!(
        get(&member.client().await, "a").await.unwrap().as_deref(),
        Some("b")
    );
}

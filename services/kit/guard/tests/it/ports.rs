//! Binding: what works where (the measured matrix), and the words when it does not.

use std::{net::TcpStream, process::Stdio};

use kit_guard::bind;

use crate::guarded::{AS_USER, Ended, Guarded, OWN_NETWORK, is_root, skip};

const FLAG: &str = "--web.listen-address";
/// Refuses sockets of the family AF_INET6 (10) with EAFNOSUPPORT (97).
const WITHOUT_IPV6: [&str; 4] = ["without", "socket", "10", "97"];
const WORKS: bool = true;
const FAILS: bool = false;

/// Checks which of the ports 80, 1023, 1024 and 1025 can be bound, and that each failure has both its lines.
#[track_caller]
fn matrix(guarded: &Guarded, wrapper: &[&str], expected: [bool; 4]) -> Vec<Ended> {
    let ports = [":80", ":1023", ":1024", ":1025"];
    let ended = ports.map(|port| guarded.run(wrapper, &[], &["bind", port]));
    let worked: Vec<bool> = ended.iter().map(|ended| ended.code == Some(0)).collect();
    assert_eq!(worked, expected, "{wrapper:?} {ended:#?}");
    for (port, ended) in ports.iter().zip(&ended) {
        if ended.code == Some(0) {
            assert_eq!(
                (ended.stdout.as_str(), ended.stderr.as_str()),
                (&*format!("bound [::]{port}\n"), "")
            );
        } else {
            assert_eq!(ended.code, Some(1));
            assert_eq!(
                ended.lines()[0],
                format!("listen tcp {port}: bind: permission denied")
            );
            assert_eq!(
                ended.lines().len(),
                2,
                "one explanation after upstream's text: {}",
                ended.stderr
            );
        }
    }
    ended
        .into_iter()
        .filter(|ended| ended.code != Some(0))
        .collect()
}

fn words<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

#[test]
fn without_capabilities_ports_below_1024_fail_and_say_why() {
    if !is_root() {
        return;
    }
    let failed = matrix(
        &Guarded::new(),
        &words(&[&OWN_NETWORK, &AS_USER]),
        [FAILS, FAILS, WORKS, WORKS],
    );
    let line = failed[0].lines()[1];
    let expected = "GRD-P01: cannot bind :80: port 80 is privileged here (ip_unprivileged_port_start=1024) \
                    and the process (uid 65532) has no CAP_NET_BIND_SERVICE; fix: --web.listen-address=:8080; fix: ";
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn an_ambient_capability_opens_every_port_also_without_new_privileges() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let ambient = [
        "--inh-caps",
        "+net_bind_service",
        "--ambient-caps",
        "+net_bind_service",
    ];
    matrix(
        &guarded,
        &words(&[&OWN_NETWORK, &AS_USER, &ambient]),
        [WORKS; 4],
    );
    let then = ["setpriv", "--no-new-privs"];
    matrix(
        &guarded,
        &words(&[&OWN_NETWORK, &AS_USER, &ambient, &then]),
        [WORKS; 4],
    );
}

#[test]
fn the_sysctl_of_the_network_namespace_opens_every_port() {
    if !is_root() {
        return;
    }
    let open = "echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start; exec \"$@\"";
    matrix(
        &Guarded::new(),
        &words(&[&OWN_NETWORK, &["sh", "-c", open, "sh"], &AS_USER]),
        [WORKS; 4],
    );
}

#[test]
fn root_of_a_user_namespace_owns_only_its_own_network() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let failed = matrix(
        &guarded,
        &words(&[&OWN_NETWORK, &["unshare", "-Ur"]]),
        [FAILS, FAILS, WORKS, WORKS],
    );
    let expected =
        "GRD-P04: uid 0 here is not root of the network namespace (user namespace mapping); fix: ";
    assert!(failed[0].lines()[1].starts_with(expected), "{failed:?}");
    matrix(&guarded, &["unshare", "-Urn"], [WORKS; 4]);
}

#[test]
fn file_capabilities_work_until_the_container_takes_them_away() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let set = |capabilities: &str| {
        let ended = guarded.shell(
            &[],
            &format!("setcap cap_net_bind_service{capabilities} $PROGRAM"),
            Stdio::null(),
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
    };
    set("=+ep");
    matrix(&guarded, &words(&[&OWN_NETWORK, &AS_USER]), [WORKS; 4]);

    let no_new = words(&[&OWN_NETWORK, &AS_USER, &["setpriv", "--no-new-privs"]]);
    let failed = matrix(&guarded, &no_new, [FAILS, FAILS, WORKS, WORKS]);
    let line = failed[0].lines()[1];
    let reason = "GRD-P05: the binary carries file capabilities that this container ignores (no_new_privs); fix: ";
    assert!(
        line.starts_with("GRD-P01: ") && line.contains(reason),
        "{line}"
    );

    let bounded = words(&[
        &OWN_NETWORK,
        &AS_USER,
        &["--bounding-set", "-net_bind_service"],
    ]);
    let ended = guarded.run(&bounded, &[], &["bind", ":8080"]);
    assert_eq!(ended.code, Some(126), "exec itself is refused: {ended:?}");

    set("=p");
    let failed = matrix(&guarded, &bounded, [FAILS, FAILS, WORKS, WORKS]);
    let reason =
        "GRD-P05: the binary carries file capabilities that this container forbids (bounding set)";
    assert!(failed[0].lines()[1].contains(reason), "{failed:?}");
}

#[test]
fn a_taken_port_names_its_holder() {
    let guarded = Guarded::new();
    let listener = bind::tcp("127.0.0.1", 0, FLAG).unwrap();
    let port = listener.local_addr().unwrap().port();
    let own = std::process::id();
    assert_eq!(kit_guard::holder::holder(port).unwrap().pid, own);

    for address in [format!("127.0.0.1:{port}"), format!(":{port}")] {
        let ended = guarded.run(&["env"], &[], &["bind", &address]);
        assert_eq!(ended.code, Some(1));
        assert_eq!(
            ended.lines()[0],
            format!("listen tcp {address}: bind: address already in use")
        );
        let expected = format!("GRD-P06: address already in use by pid {own} (");
        assert!(ended.lines()[1].starts_with(&expected), "{ended:?}");
        assert!(
            ended.lines()[1].contains(&format!(
                "fix: stop pid {own} or choose another port: {FLAG}="
            )),
            "{ended:?}"
        );
    }
}

#[test]
fn a_program_in_its_own_way_is_told_so() {
    let twice = "127.0.0.78:19091";
    let ended = Guarded::new().run(&["env"], &[], &["bind", twice, twice]);
    let expected = "listen tcp 127.0.0.78:19091: bind: address already in use\n\
                    GRD-P06: address already in use by this process: another of its addresses covers it; \
                    fix: give --web.listen-address each port once\n";
    assert_eq!(ended.stderr, expected);
}

#[test]
fn a_holder_of_another_user_is_said_to_be_out_of_sight() {
    if !is_root() {
        return;
    }
    let listener = bind::tcp("127.0.0.1", 0, FLAG).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ended = Guarded::new().run(&AS_USER, &[], &["bind", &address]);
    let expected = "GRD-P06: address already in use by a process that uid 65532 cannot see; fix: choose another port: ";
    assert!(ended.lines()[1].starts_with(expected), "{ended:?}");
}

#[test]
fn a_free_port_has_no_holder() {
    assert_eq!(
        kit_guard::holder::holder(1),
        None,
        "nobody serves tcpmux any more"
    );
}

#[test]
fn an_address_of_another_host_is_explained() {
    let ended = Guarded::new().run(&["env"], &[], &["bind", "203.0.113.7:9091"]);
    let expected = "listen tcp 203.0.113.7:9091: bind: cannot assign requested address\n\
                    GRD-P07: 203.0.113.7 is not an address of this host or container; \
                    fix: listen on every address: --web.listen-address=:9091\n";
    assert_eq!(ended.stderr, expected);
}

#[test]
fn without_ipv6_its_addresses_are_explained_and_an_empty_host_still_works() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let disable = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; exec $PROGRAM bind";
    let shell =
        |address| guarded.shell(&OWN_NETWORK, &format!("{disable} {address}"), Stdio::null());
    let ended = shell("[::1]:9091");
    assert_eq!(
        ended.lines()[0],
        "listen tcp [::1]:9091: bind: cannot assign requested address"
    );
    assert!(
        ended.lines()[1].starts_with("GRD-P07: [::1] cannot be used: IPv6 is disabled here; fix: "),
        "{ended:?}"
    );
    assert_eq!(shell(":9091").code, Some(0));
}

#[test]
fn a_kernel_without_ipv6_listens_on_ipv4_and_explains_the_rest() {
    let guarded = Guarded::new();
    for address in [":0", "0.0.0.0:0", "[::]:0"] {
        let ended = guarded.run(&["env"], &[], &words(&[&WITHOUT_IPV6, &["bind", address]]));
        assert!(ended.stdout.starts_with("bound 0.0.0.0:"), "{ended:?}");
        assert_eq!(ended.stderr, "");
    }
    let ended = guarded.run(
        &["env"],
        &[],
        &words(&[&WITHOUT_IPV6, &["bind", "[::1]:9091"]]),
    );
    let expected = "listen tcp [::1]:9091: socket: address family not supported by protocol\n\
                    GRD-P08: [::1]:9091 cannot be used: this kernel or sandbox lacks its address family; \
                    fix: listen on every address: --web.listen-address=:9091\n";
    assert_eq!(ended.stderr, expected);
}

#[test]
fn a_landlock_rule_that_does_not_list_the_port_is_suspected() {
    let ended = Guarded::new().run(&["env"], &[], &["without-ports", "bind", "127.0.0.1:9091"]);
    if !ended.stderr.starts_with("listen tcp ") {
        return skip(&format!(
            "this kernel has no Landlock for TCP: {}",
            ended.stderr.trim_end()
        ));
    }
    assert_eq!(
        ended.lines()[0],
        "listen tcp 127.0.0.1:9091: bind: permission denied"
    );
    let expected = "GRD-P09: cannot bind 127.0.0.1:9091: port 9091 is not privileged here (ip_unprivileged_port_start=";
    assert!(ended.lines()[1].starts_with(expected), "{ended:?}");
}

#[test]
fn an_empty_host_serves_both_families_whatever_the_system_default() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let script = "ip link set lo up; echo 1 > /proc/sys/net/ipv6/bindv6only; exec $PROGRAM both";
    let ended = guarded.shell(&OWN_NETWORK, script, Stdio::null());
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "4 and 6\n"),
        "{ended:?}"
    );
}

#[test]
fn a_listener_of_both_families_takes_connections_of_both() {
    let listener = bind::tcp_address(":0", FLAG).unwrap();
    listener.set_nonblocking(false).unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "::1"] {
        let client = TcpStream::connect((host, port)).unwrap();
        let (_, peer) = listener.accept().unwrap();
        assert_eq!(peer.port(), client.local_addr().unwrap().port());
    }
}

#[test]
fn a_restart_binds_while_old_connections_linger() {
    // In a process of its own: a fork of a parallel test would hold the old listener for a moment.
    let ended = Guarded::new().run(&["env"], &[], &["restart"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "bound again\n"),
        "{ended:?}"
    );
}

#[test]
fn deny_refuses_what_would_fail_elsewhere() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let deny = |address| guarded.run(&OWN_NETWORK, &[("GUARD_PORTS", "deny")], &["bind", address]);
    let ended = deny(":80");
    assert_eq!(ended.code, Some(78));
    assert_eq!(
        ended.lines()[0],
        "listen tcp :80: refused by GUARD_PORTS=deny"
    );
    assert!(
        ended.lines()[1].starts_with("GRD-P02: port 80 works in this container only because "),
        "{ended:?}"
    );
    let edge = deny(":1024");
    assert_eq!(edge.code, Some(78));
    assert!(
        edge.lines()[1]
            .starts_with("GRD-P03: port 1024 is unprivileged but below the 1025 guideline; fix: --web.listen-address=:8080")
    );
    assert_eq!(deny(":1025").code, Some(0));
    assert_eq!(deny(":0").code, Some(0));
}

#[test]
fn warn_logs_what_works_only_here_once() {
    if !is_root() {
        return;
    }
    let warn = [("GUARD_PORTS", "warn")];
    let addresses = ["127.0.0.1:80", "127.0.0.2:80", ":1024", ":1025"];
    let ended = Guarded::new().run(&OWN_NETWORK, &warn, &[&["bind"], &addresses[..]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ids: Vec<&str> = ended
        .stderr
        .split_whitespace()
        .filter(|word| word.starts_with("GRD-"))
        .collect();
    assert_eq!(ids, ["GRD-P02:", "GRD-P03:"], "{ended:?}");
}

#[test]
fn off_neither_judges_nor_explains() {
    if !is_root() {
        return;
    }
    let wrapper = words(&[&OWN_NETWORK, &AS_USER]);
    let ended = Guarded::new().run(&wrapper, &[("GUARD_PORTS", "off")], &["bind", ":80"]);
    assert_eq!(ended.stderr, "listen tcp :80: bind: permission denied\n");
}

#[test]
fn vsock_listens_on_every_context_or_says_that_there_is_none() {
    match bind::vsock(0, FLAG) {
        Ok(listener) => {
            assert!(
                listener
                    .local_address()
                    .unwrap()
                    .starts_with("vm(4294967295):")
            );
            let nobody = listener.accept().unwrap_err();
            assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
        }
        Err(error) => assert!(error.explanation().unwrap().contains("GRD-P08"), "{error}"),
    }
}

//! Port 80 on a host: refused, and then each way out that the refusal names, taken word for word.

use std::{
    os::unix::net::UnixDatagram,
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    fixes::{of_refused_port, one},
    place::{Ended, Place, can_use},
};

/// A network namespace of its own, in which every port is free and 1024 is the first that anybody may bind.
const OWN_NETWORK: [&str; 2] = ["unshare", "-n"];

/// Runs the program on port 80 after `before`, behind `wrapper`; asks it, ends it.
fn served(place: &Place, before: &str, start: &str) -> Ended {
    let script = format!(
        "ip link set lo up; {before}\n{start} 2>$FOLDER/log & ask 80; kill %1; wait %1; echo \" ended with $?\""
    );
    place.run(&OWN_NETWORK, &script)
}

#[track_caller]
fn is_served(ended: &Ended) {
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        ("OK ended with 0\n", Some(0)),
        "{ended:?}"
    );
}

fn refused(place: &Place) -> Vec<String> {
    let script = "GUARD_REPORT=stderr exec $AS_USER $PROGRAM --web.listen-address=:80";
    of_refused_port(&place.run(&OWN_NETWORK, script), 80)
}

#[test]
fn a_refused_port_names_a_way_out_for_every_platform() {
    if !can_use(&["unshare", "setpriv"]) {
        return;
    }
    let fixes = refused(&Place::new());
    for beginning in [
        "--web.listen-address=:8080",
        "host: sysctl -w ",
        "Docker: -p 80:8080",
        "Docker: --sysctl ",
        "Kubernetes: Service port: 80, targetPort: 8080",
        "Kubernetes: securityContext.sysctls: ",
        "systemd: ListenStream=80",
        "systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE",
    ] {
        one(&fixes, beginning);
    }
}

#[test]
fn the_sysctl_of_the_explanation_opens_the_port() {
    if !can_use(&["unshare", "setpriv", "sysctl", "curl", "ip"]) {
        return;
    }
    let place = Place::new();
    let fixes = refused(&place);
    let fix = format!("{} >/dev/null", one(&fixes, "host: "));
    is_served(&served(
        &place,
        &fix,
        "$AS_USER $PROGRAM --web.listen-address=:80",
    ));
}

#[test]
fn the_flag_of_the_explanation_needs_no_privilege() {
    if !can_use(&["unshare", "setpriv", "curl", "ip"]) {
        return;
    }
    let place = Place::new();
    let fixes = refused(&place);
    let flag = format!(
        "--web.listen-address{}",
        one(&fixes, "--web.listen-address")
    );
    let script =
        format!("ip link set lo up; $AS_USER $PROGRAM {flag} 2>/dev/null & ask 8080; kill %1");
    assert_eq!(place.run(&OWN_NETWORK, &script).stdout, "OK");
}

#[test]
fn the_ambient_capability_of_the_explanation_opens_the_port() {
    if !can_use(&["unshare", "setpriv", "curl", "ip"]) {
        return;
    }
    let place = Place::new();
    let fixes = refused(&place);
    // As systemd gives it to a unit: inheritable and ambient.
    let capability = one(&fixes, "systemd: AmbientCapabilities=CAP_")
        .split(' ')
        .next()
        .unwrap();
    let capability = capability.to_lowercase();
    let start = format!(
        "$AS_USER --inh-caps +{capability} --ambient-caps +{capability} $PROGRAM --web.listen-address=:80"
    );
    is_served(&served(&place, "", &start));
    let strict = format!("GUARD_DROP=strict {start}");
    is_served(&served(&place, "", &strict));
}

#[test]
fn root_binds_the_port_and_then_is_somebody_else() {
    if !can_use(&["unshare", "setpriv", "curl", "ip"]) {
        return;
    }
    let place = Place::new();
    let start = "GUARD_USER=65532 $PROGRAM --web.listen-address=:80";
    is_served(&served(&place, "", start));
    let script = "ip link set lo up; GUARD_USER=65532 $PROGRAM --web.listen-address=:80 2>/dev/null & ask 80 >/dev/null; \
                  grep -E '^(Uid|CapPrm|CapBnd|NoNewPrivs)' /proc/$!/status";
    let ended = place.run(&OWN_NETWORK, script);
    let none = "0000000000000000";
    let expected = format!(
        "Uid:\t65532\t65532\t65532\t65532\nCapPrm:\t{none}\nCapBnd:\t{none}\nNoNewPrivs:\t1\n"
    );
    assert_eq!(ended.stdout, expected, "{ended:?}");
}

#[test]
fn systemd_passes_the_socket_of_the_explanation() {
    if !can_use(&[
        "unshare",
        "setpriv",
        "systemd-socket-activate",
        "curl",
        "ip",
    ]) {
        return;
    }
    let place = Place::new();
    let fixes = refused(&place);
    let port = one(&fixes, "systemd: ListenStream=")
        .split(' ')
        .next()
        .unwrap();
    // It binds as root and becomes the program, as another user, when the first connection comes.
    let start =
        format!("systemd-socket-activate --listen={port} $AS_USER $PROGRAM --web.systemd-socket");
    is_served(&served(&place, "", &start));
    let strict = format!(
        "systemd-socket-activate --listen={port} --setenv=GUARD_DROP=strict $AS_USER $PROGRAM --web.systemd-socket"
    );
    is_served(&served(&place, "", &strict));
}

#[test]
fn systemd_hears_of_readiness_of_life_and_of_the_end() {
    for sandbox in ["off", "all"] {
        let place = Place::new();
        let path = place.folder().join("notify");
        let receiver = UnixDatagram::bind(&path).unwrap();
        receiver
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_pushgateway"))
            .arg("--web.listen-address=127.0.0.1:0")
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "200000")
            .env("GUARD_SANDBOX", sandbox)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let heard = |wanted: &str| {
            let mut buffer = [0; 64];
            loop {
                let length = receiver.recv(&mut buffer).unwrap();
                let state = std::str::from_utf8(&buffer[..length]).unwrap();
                assert!(
                    ["READY=1", "WATCHDOG=1", "STOPPING=1"].contains(&state),
                    "{state}"
                );
                if state == wanted {
                    return;
                }
            }
        };
        heard("READY=1");
        // Again and again, not only once.
        (0..3).for_each(|_| heard("WATCHDOG=1"));
        kill(
            Pid::from_raw(program.id().try_into().unwrap()),
            Signal::SIGTERM,
        )
        .unwrap();
        heard("STOPPING=1");
        assert!(program.wait().unwrap().success());
    }
}

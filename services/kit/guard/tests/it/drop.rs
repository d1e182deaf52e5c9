//! Giving privileges up: what is gone afterwards, what is not touched without being asked, and what is refused.

use std::process::Stdio;

use crate::guarded::{AS_USER, Ended, Guarded, OWN_NETWORK, is_root};

const USER: (&str, &str) = ("GUARD_USER", "65532:65533");
const STRICT: (&str, &str) = ("GUARD_DROP", "strict");
/// Strict in all but the sandbox, which has tests of its own.
const OPEN: (&str, &str) = ("GUARD_SANDBOX", "off");
const SETS: [&str; 4] = [
    "status:CapEff",
    "status:CapPrm",
    "status:CapInh",
    "status:CapAmb",
];
const NONE: &str = "0000000000000000";
const AMBIENT: [&str; 4] = [
    "--inh-caps",
    "+net_bind_service,+chown",
    "--ambient-caps",
    "+net_bind_service,+chown",
];

#[track_caller]
fn outcome(ended: &Ended, deed: &str) -> String {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut lines = ended.stdout.lines();
    let found = lines.find_map(|line| line.strip_prefix(deed)?.strip_prefix(' '));
    found
        .unwrap_or_else(|| panic!("{deed} in {ended:?}"))
        .to_owned()
}

fn deeds<'a>(words: &[&[&'a str]]) -> Vec<&'a str> {
    [&["try"][..], &words.concat()].concat()
}

#[test]
fn root_becomes_the_user_for_good_after_binding_its_low_port() {
    if !is_root() {
        return;
    }
    let words = [
        &["rights", "listen=:80", "--"][..],
        &deeds(&[
            &SETS,
            &[
                "status:CapBnd",
                "status:Uid",
                "status:Gid",
                "status:Groups",
                "status:NoNewPrivs",
            ],
            &["root", "listen::80", "bind:0.0.0.0:81"],
        ]),
    ]
    .concat();
    let wrapper = [&OWN_NETWORK[..], &["setpriv", "--groups", "4,5"]].concat();
    let ended = Guarded::new().run(&wrapper, &[USER], &words);
    for set in SETS.iter().chain(&["status:CapBnd"]) {
        assert_eq!(outcome(&ended, set), NONE, "{set}");
    }
    assert_eq!(outcome(&ended, "status:Uid"), "65532 65532 65532 65532");
    assert_eq!(outcome(&ended, "status:Gid"), "65533 65533 65533 65533");
    assert_eq!(outcome(&ended, "status:Groups"), "");
    assert_eq!(outcome(&ended, "status:NoNewPrivs"), "1");
    assert_eq!(outcome(&ended, "root"), "EPERM");
    assert_eq!(outcome(&ended, "listen::80"), "ok", "it was bound before");
    assert_eq!(
        outcome(&ended, "bind:0.0.0.0:81"),
        "EACCES",
        "no other low port can be"
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_port_that_could_not_be_bound_in_time_fails_in_its_place_and_words() {
    if !is_root() {
        return;
    }
    let wrapper = [&OWN_NETWORK[..], &AS_USER].concat();
    let words = ["rights", "listen=:80", "--", "bind", ":80"];
    let guarded = Guarded::new();
    let strict = guarded.run(&wrapper, &[STRICT, OPEN], &words);
    let plain = guarded.run(&wrapper, &[], &words);
    assert_eq!(strict, plain);
    assert_eq!(plain.lines()[0], "listen tcp :80: bind: permission denied");
    assert!(plain.lines()[1].starts_with("GRD-P01: "), "{plain:?}");
}

#[test]
fn a_service_that_binds_again_keeps_the_one_capability_for_it() {
    if !is_root() {
        return;
    }
    let words = [
        &["rights", "rebinds", "--"][..],
        &deeds(&[&SETS, &["bind:0.0.0.0:81"]]),
    ]
    .concat();
    let ended = Guarded::new().run(&OWN_NETWORK, &[USER], &words);
    let low_ports = "0000000000000400";
    assert_eq!(outcome(&ended, "status:CapEff"), low_ports);
    assert_eq!(outcome(&ended, "status:CapPrm"), low_ports);
    assert_eq!(outcome(&ended, "status:CapInh"), NONE);
    assert_eq!(outcome(&ended, "status:CapAmb"), NONE);
    assert_eq!(outcome(&ended, "bind:0.0.0.0:81"), "ok");
}

#[test]
fn without_being_asked_nothing_is_taken_that_a_deployment_may_need() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let words = deeds(&[&SETS, &["status:Uid", "status:NoNewPrivs"]]);
    for variables in [&[][..], &[("GUARD_DROP", "auto")]] {
        let ended = guarded.run(&[&AS_USER[..], &AMBIENT].concat(), variables, &words);
        for set in SETS {
            assert_eq!(outcome(&ended, set), "0000000000000401", "{set}");
        }
        assert_eq!(outcome(&ended, "status:Uid"), "65532 65532 65532 65532");
        assert_eq!(
            outcome(&ended, "status:NoNewPrivs"),
            "1",
            "it starts no programs"
        );
    }
    let no_new = |rights: &[&str], variables: &[(&str, &str)]| {
        let words = [rights, &["try", "status:NoNewPrivs"]].concat();
        outcome(
            &guarded.run(&["env"], variables, &words),
            "status:NoNewPrivs",
        )
    };
    assert_eq!(
        no_new(&["rights", "executes", "--"], &[]),
        "0",
        "its programs may be set-id"
    );
    assert_eq!(no_new(&[], &[("GUARD_DROP", "off")]), "0");
}

#[test]
fn strict_takes_ambient_capabilities_from_a_user_and_all_from_root() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let user = [&AS_USER[..], &AMBIENT].concat();
    let words = deeds(&[&SETS, &["limits:Max core file size"]]);
    let ended = guarded.run(&user, &[STRICT, OPEN], &words);
    for set in SETS {
        assert_eq!(outcome(&ended, set), NONE, "{set}");
    }
    let ended = guarded.run(
        &["env"],
        &[STRICT, OPEN, USER],
        &deeds(&[&SETS, &["status:CapBnd"]]),
    );
    for set in SETS.iter().chain(&["status:CapBnd"]) {
        assert_eq!(outcome(&ended, set), NONE, "{set}");
    }
}

#[test]
fn a_program_may_be_told_to_become_whom_it_is_already() {
    if !is_root() {
        return;
    }
    let same = [("GUARD_USER", "65532")];
    let ended = Guarded::new().run(&AS_USER, &same, &deeds(&[&["status:Uid"]]));
    assert_eq!(outcome(&ended, "status:Uid"), "65532 65532 65532 65532");
}

#[test]
fn who_cannot_become_the_user_does_not_start() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let user = guarded.run(&AS_USER, &[("GUARD_USER", "1000")], &["idle"]);
    let text = "GRD-D02: privileges were not given up as asked: cannot drop the supplementary groups: EPERM: Operation not permitted\n";
    assert_eq!((user.code, user.stderr.as_str()), (Some(70), text));
    // In a user namespace only the ids it maps exist.
    let mapped = guarded.run(&["unshare", "-Ur"], &[("GUARD_USER", "1000")], &["idle"]);
    assert_eq!(mapped.code, Some(70));
    let text = "GRD-D02: privileges were not given up as asked: cannot become gid 1000: EINVAL";
    assert!(mapped.stderr.starts_with(text), "{mapped:?}");
}

#[test]
fn a_namespace_that_denies_dropping_groups_is_reported_and_no_obstacle() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    // Maps two ids each, which only a privileged writer may do, and denies setgroups all the same.
    let script = "mkfifo $FOLDER/go; \
        GUARD_REPORT=stderr GUARD_USER=65532:65533 unshare -U sh -c \"read go < $FOLDER/go; exec setpriv --reuid 0 --regid 0 --keep-groups $PROGRAM try status:Uid\" & child=$!; \
        while [ \"$(readlink /proc/$child/ns/user)\" = \"$(readlink /proc/self/ns/user)\" ]; do kill -0 $child; done; \
        echo deny > /proc/$child/setgroups; \
        printf '0 0 1\\n65532 65532 1\\n' > /proc/$child/uid_map; \
        printf '0 0 1\\n65533 65533 1\\n' > /proc/$child/gid_map; \
        echo go > $FOLDER/go; wait $child";
    let ended = guarded.shell(&[], script, Stdio::null());
    assert_eq!(outcome(&ended, "status:Uid"), "65532 65532 65532 65532");
    let text = "GRD-D03";
    assert!(ended.stderr.contains(text), "{ended:?}");
}

#[test]
fn threads_that_would_keep_their_privileges_are_refused() {
    let guarded = Guarded::new();
    for setting in [STRICT, ("GUARD_USER", "65532"), ("GUARD_SANDBOX", "all")] {
        let ended = guarded.run(&["env"], &[setting], &["late"]);
        assert_eq!(ended.code, Some(70));
        let text =
            "GRD-D01: privileges must be given up before any thread is started (2 threads run)\n";
        assert_eq!(ended.stderr, text, "{setting:?}");
    }
    assert_eq!(
        guarded.run(&["env"], &[], &["late"]).code,
        Some(0),
        "nothing was asked for"
    );
}

#[test]
fn a_privilege_that_stays_ends_the_start() {
    if !is_root() {
        return;
    }
    // A kernel that says yes and does nothing: capset (errno 0 is success).
    let words = ["without", "capset", "*", "0", "try", "status:CapEff"];
    let ended = Guarded::new().run(&["env"], &[STRICT, OPEN], &words);
    assert_eq!(ended.code, Some(70), "{ended:?}");
    let text = "GRD-D02: privileges were not given up as asked: the effective set holds {";
    assert!(ended.stderr.starts_with(text), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn core_files_are_off_and_for_good_where_secrets_need_it() {
    let guarded = Guarded::new();
    let limits = |variables: &[(&str, &str)], rights: &[&str]| {
        let words = [rights, &["try", "limits:Max core file size"]].concat();
        outcome(
            &guarded.run(&["env"], variables, &words),
            "limits:Max core file size",
        )
    };
    assert_eq!(limits(&[], &["rights", "--"]), "0 unlimited");
    assert_eq!(limits(&[], &["rights", "fips", "--"]), "0 0");
}

#[test]
fn strict_and_fips_programs_hide_their_memory_from_their_own_user() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let dumpable = |variables: &[(&str, &str)], rights: &[&str]| {
        let variables = [variables, &[("GUARD_REPORT", "stderr")]].concat();
        let ended = guarded.run(&AS_USER, &variables, &[rights, &["try"]].concat());
        let report: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
        report["dumpable"].clone()
    };
    assert_eq!(dumpable(&[], &["rights", "--"]), true);
    assert_eq!(dumpable(&[], &["rights", "fips", "--"]), false);
    assert_eq!(dumpable(&[STRICT, OPEN], &["rights", "--"]), false);
}

#[test]
fn strict_refuses_paths_that_do_not_serve_before_anything_runs() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let wrapper = [&AS_USER[..]].concat();
    let words = [
        "rights",
        "read-file=/nonexistent/web.yml",
        "replace-file=/proc/x",
        "--",
        "idle",
    ];
    let ended = guarded.run(&wrapper, &[STRICT, OPEN], &words);
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("GRD-F03: /nonexistent/web.yml does not exist; GRD-F0"),
        "{ended:?}"
    );
    assert_eq!(ended.stderr.lines().count(), 1);
    assert_eq!(
        guarded.run(&wrapper, &[], &words).code,
        Some(0),
        "only strict decides"
    );
}

#[test]
fn strict_refuses_a_program_that_its_user_can_change() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    assert_eq!(
        guarded.run(&AS_USER, &[STRICT, OPEN], &["idle"]).code,
        Some(0)
    );
    guarded.shell(&[], "chown 65532 $PROGRAM", Stdio::null());
    let ended = guarded.run(&AS_USER, &[STRICT, OPEN], &["idle"]);
    assert_eq!(ended.code, Some(77));
    let text = format!(
        "GRD-F10: {} can be changed by the running uid 65532; fix: ",
        guarded.program()
    );
    assert!(ended.stderr.starts_with(&text), "{ended:?}");
}

#[test]
fn strict_reports_descriptors_that_nobody_announced() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let script = "exec 7</etc/hostname; GUARD_DROP=strict GUARD_SANDBOX=off GUARD_REPORT=stderr exec setpriv --reuid 65532 --regid 65532 --clear-groups $PROGRAM try";
    let ended = guarded.shell(&[], script, Stdio::null());
    let report: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
    let expected = serde_json::json!({ "number": 7, "target": "/etc/hostname" });
    // Whoever runs the tests may have left more open.
    let found = report["unexpected_descriptors"].as_array().unwrap();
    assert!(found.contains(&expected), "{found:?}");
    assert!(ended.stderr.contains("GRD-D04"), "{ended:?}");
}

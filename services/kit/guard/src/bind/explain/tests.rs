use super::*;

fn judged(port: u16, start: u32, may_bind_low: bool) -> PortJudgement {
    PortJudgement {
        verdict: crate::policy::classify(port, start, may_bind_low),
        start,
        may_bind_low,
    }
}

#[track_caller]
fn check(address: &str, judgement: &PortJudgement, errno: Errno, expected: &str) {
    let endpoint = Endpoint::parse(address).unwrap();
    let findings = failure(&endpoint, "--web.listen-address", judgement, errno);
    let text = format!("{}: {}", findings[0].id, findings[0].message);
    assert_eq!(text, expected);
    assert_eq!(findings.len(), 1, "{findings:?}");
}

#[test]
fn a_refusal_that_the_port_does_not_explain_points_to_a_sandbox() {
    check(
        ":9091",
        &judged(9091, 1024, false),
        Errno::EACCES,
        "GRD-P09: cannot bind :9091: port 9091 is not privileged here (ip_unprivileged_port_start=1024), \
         so a sandbox or security module (Landlock, SELinux, AppArmor, seccomp) forbids it",
    );
}

#[test]
fn a_capability_that_does_not_help_is_one_of_another_user_namespace() {
    check(
        ":80",
        &judged(80, 1024, true),
        Errno::EACCES,
        "GRD-P04: uid 0 here is not root of the network namespace (user namespace mapping)",
    );
}

#[test]
fn a_missing_address_family_is_named() {
    check(
        "[::1]:9091",
        &judged(9091, 1024, false),
        Errno::EAFNOSUPPORT,
        "GRD-P08: [::1]:9091 cannot be used: this kernel or sandbox lacks its address family",
    );
}

#[test]
fn an_error_without_a_story_has_no_explanation() {
    let endpoint = Endpoint::parse(":9091").unwrap();
    assert!(failure(&endpoint, "--x", &judged(9091, 1024, false), Errno::EMFILE).is_empty());
}

#[test]
fn what_works_only_here_says_why() {
    let of = |address, judgement| {
        objection(&Endpoint::parse(address).unwrap(), "--x", &judgement)
            .map(|finding| finding.message)
    };
    let by_sysctl = of(":80", judged(80, 0, false)).unwrap();
    assert_eq!(
        by_sysctl,
        "port 80 works in this container only because ip_unprivileged_port_start=0; \
         it will fail in Docker < 20.10, CRI-O, containerd 1.x and hostNetwork pods"
    );
    assert!(
        of(":80", judged(80, 1024, true))
            .unwrap()
            .contains("has CAP_NET_BIND_SERVICE; it will fail")
    );
    let edge = of(":1024", judged(1024, 1024, false)).unwrap();
    assert_eq!(
        edge,
        "port 1024 is unprivileged but below the 1025 guideline"
    );
    assert_eq!(of(":1025", judged(1025, 1024, false)), None);
    assert_eq!(of(":0", judged(0, 1024, false)), None);
}

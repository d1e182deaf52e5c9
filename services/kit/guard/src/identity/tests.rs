use std::fs;

use super::*;

fn someone(uid: u32, gid: u32) -> Identity {
    let ids = |id| Ids {
        real: id,
        effective: id,
        saved: id,
        filesystem: id,
    };
    Identity {
        uid: ids(uid),
        gid: ids(gid),
        groups: Vec::new(),
        user: Some("someone".to_owned()),
        initial_user_namespace: true,
        secure_execution: false,
    }
}

#[track_caller]
fn check(identity: &Identity, expected: &[&str]) {
    let ids: Vec<&str> = identity
        .findings()
        .iter()
        .map(|finding| finding.id)
        .collect();
    assert_eq!(ids, expected, "{identity:?}");
}

#[test]
fn an_ordinary_user_has_no_findings() {
    check(&someone(65532, 65532), &[]);
}

#[test]
fn root_of_the_host_and_root_of_a_namespace_are_told_apart() {
    check(&someone(0, 1), &["GRD-I01"]);
    check(
        &Identity {
            initial_user_namespace: false,
            ..someone(0, 1)
        },
        &["GRD-I02"],
    );
}

#[test]
fn a_random_uid_with_gid_0_is_information_and_never_an_error() {
    let identity = Identity {
        user: None,
        ..someone(1_000_640_000, 0)
    };
    check(&identity, &["GRD-I03", "GRD-I04"]);
    assert!(
        identity
            .findings()
            .iter()
            .all(|finding| finding.severity == Severity::Info)
    );
}

#[test]
fn mixed_ids_are_a_set_id_execution_and_a_secure_execution_alone_is_not() {
    let mut identity = someone(1000, 1000);
    identity.secure_execution = true;
    assert_eq!(identity.set_id(), None);
    identity.uid.effective = 0;
    assert_eq!(identity.set_id().unwrap().id, "GRD-I05");
    identity = someone(1000, 1000);
    identity.gid.saved = 4;
    assert_eq!(identity.set_id().unwrap().id, "GRD-I05");
}

#[test]
fn only_the_full_identity_mapping_is_the_initial_namespace() {
    assert!(maps_everything("         0          0 4294967295\n"));
    assert!(!maps_everything("         0       1000          1\n"));
    assert!(!maps_everything("         0          0      65536\n"));
}

#[test]
fn names_come_from_the_passwd_file_and_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let passwd = folder.path().join("passwd");
    fs::write(
        &passwd,
        "root:x:0:0:root:/root:/bin/sh\nbroken\nnonroot:x:65532:65532::/:/sbin/nologin\n",
    )
    .unwrap();
    assert_eq!(user_name(&passwd, 65532).as_deref(), Some("nonroot"));
    assert_eq!(user_name(&passwd, 7), None);
    assert_eq!(user_name(&folder.path().join("absent"), 0), None);
}

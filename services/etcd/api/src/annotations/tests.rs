use bytes::Bytes;
use prost::Message as _;

use super::*;
use crate::{
    etcdserverpb::{
        AlarmRequest, AlarmType, Compare, DeleteRangeRequest, DowngradeVersionTestRequest,
        InternalRaftRequest, LeaseCheckpointRequest, PutRequest, RequestHeader, TxnRequest,
    },
    membershippb::{ClusterVersionSetRequest, DowngradeInfoSetRequest},
};

fn entry(kind: EntryType, data: Vec<u8>) -> Entry {
    Entry {
        r#type: Some(kind as i32),
        data: Some(Bytes::from(data)),
        ..Entry::default()
    }
}

fn oldest(request: &InternalRaftRequest) -> Result<String, String> {
    let entry = entry(EntryType::EntryNormal, request.encode_to_vec());
    oldest_for([&entry])
        .map(|version| version.expect("there is an entry").to_string())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check(request: &InternalRaftRequest, expected: &str) {
    assert_eq!(oldest(request).as_deref(), Ok(expected));
}

/// The expectations are upstream's answers: `MinimalEtcdVersion` of 3.7.3 on the same entries.
#[test]
fn a_request_needs_the_newest_of_what_is_set_in_it() {
    check(&InternalRaftRequest::default(), "3.0.0");
    let put = PutRequest {
        key: Bytes::from_static(b"k"),
        ..PutRequest::default()
    };
    let with = |put: PutRequest| InternalRaftRequest {
        put: Some(put),
        ..Default::default()
    };
    check(&with(put.clone()), "3.0.0");
    check(
        &with(PutRequest {
            prev_kv: true,
            ..put.clone()
        }),
        "3.1.0",
    );
    check(
        &with(PutRequest {
            ignore_lease: true,
            ..put
        }),
        "3.2.0",
    );
    let header = RequestHeader {
        auth_revision: 1,
        ..RequestHeader::default()
    };
    check(
        &InternalRaftRequest {
            header: Some(header),
            ..Default::default()
        },
        "3.1.0",
    );
    let alarm = |alarm: AlarmType| AlarmRequest {
        alarm: alarm.into(),
        ..Default::default()
    };
    let with = |alarm| InternalRaftRequest {
        alarm: Some(alarm),
        ..Default::default()
    };
    check(&with(alarm(AlarmType::Nospace)), "3.0.0");
    check(&with(alarm(AlarmType::Corrupt)), "3.3.0");
    let lease_checkpoint = Some(LeaseCheckpointRequest::default());
    check(
        &InternalRaftRequest {
            lease_checkpoint,
            ..Default::default()
        },
        "3.4.0",
    );
    let cluster_version_set = Some(ClusterVersionSetRequest {
        ver: "3.7.0".into(),
    });
    check(
        &InternalRaftRequest {
            cluster_version_set,
            ..Default::default()
        },
        "3.5.0",
    );
    let downgrade_info_set = Some(DowngradeInfoSetRequest::default());
    check(
        &InternalRaftRequest {
            downgrade_info_set,
            ..Default::default()
        },
        "3.5.0",
    );
}

#[test]
fn lists_are_not_looked_into() {
    let compare = Compare {
        range_end: Bytes::from_static(b"z"),
        ..Compare::default()
    };
    let txn = Some(TxnRequest {
        compare: vec![compare],
        ..TxnRequest::default()
    });
    check(
        &InternalRaftRequest {
            txn,
            ..Default::default()
        },
        "3.0.0",
    );
}

#[test]
fn the_request_that_tests_downgrades_needs_what_it_names() {
    let with = |ver: &str| InternalRaftRequest {
        downgrade_version_test: Some(DowngradeVersionTestRequest { ver: ver.into() }),
        ..Default::default()
    };
    check(&with("3.7.0"), "3.7.0");
    check(&with("3.5.0"), "3.6.0");
    assert_eq!(oldest(&with("x")).unwrap_err(), "\"x\" is not a version");
}

#[test]
fn changes_of_members_and_several_entries_count_too() {
    let delete_range = DeleteRangeRequest {
        prev_kv: true,
        ..Default::default()
    };
    let delete = InternalRaftRequest {
        delete_range: Some(delete_range),
        ..Default::default()
    };
    let entries = [
        entry(EntryType::EntryConfChange, vec![]),
        entry(EntryType::EntryNormal, delete.encode_to_vec()),
    ];
    let of = |entries: &[Entry]| oldest_for(entries).unwrap().map(|version| version.minor);
    assert_eq!(
        (of(&entries), of(&entries[..1]), of(&[])),
        (Some(1), Some(0), None)
    );
    assert_eq!(of(&[entry(EntryType::EntryConfChangeV2, vec![])]), Some(4));
}

#[test]
fn what_is_no_request_is_refused() {
    let bad = entry(EntryType::EntryNormal, vec![0x1a, 0xff]);
    assert!(matches!(oldest_for([&bad]), Err(VersionError::Decode(_))));
    // An alarm of a kind that nobody knows.
    let odd = entry(EntryType::EntryNormal, vec![0x52, 2, 0x18, 9]);
    assert_eq!(
        oldest_for([&odd]).unwrap_err().to_string(),
        "could not visit EnumNumber [9]"
    );
    // A field of a version to come is left out, as upstream does.
    let newer = entry(EntryType::EntryNormal, vec![0xc2, 0xc, 1, 0]);
    assert_eq!(oldest_for([&newer]).unwrap(), Some(Version::three(0)));
}

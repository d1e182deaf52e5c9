//! Ranges that are large, or in a transaction.

use bytes::{Bytes, BytesMut};
use etcd_api::etcdserverpb::{RangeRequest, RangeResponse};
use etcd_mvcc::{Error, Ranged};
use prost::Message as _;

use crate::rig::Rig;

fn all(limit: i64, revision: i64) -> RangeRequest {
    RangeRequest {
        key: Bytes::from_static(b"\0"),
        range_end: Bytes::from_static(b"\0"),
        limit,
        revision,
        ..RangeRequest::default()
    }
}

fn filled(count: usize, value_bytes: usize) -> Rig {
    let mut rig = Rig::new();
    let value = "v".repeat(value_bytes);
    for number in 0..count {
        rig.put(&format!("{number:06}"), &value);
    }
    rig
}

#[test]
fn many_keys_and_many_bytes_are_left_to_a_scan() {
    for (keys, bytes, expected) in [(100, 10, false), (2000, 10, true), (10, 200_000, true)] {
        let mut rig = filled(keys, bytes);
        let mut out = BytesMut::new();
        let ranged = rig.store.range(&all(0, 0), &mut out).unwrap();
        assert_eq!(
            matches!(ranged, Ranged::Large(_)),
            expected,
            "{keys} keys of {bytes} bytes"
        );
        let response = rig.range(&all(0, 0)).unwrap();
        assert_eq!(
            (response.kvs.len(), response.count, response.more),
            (keys, i64::try_from(keys).unwrap(), false)
        );
        assert!(response.kvs.is_sorted_by_key(|kv| kv.key.clone()));
    }
}

#[test]
fn a_page_of_many_keys_counts_them_all_at_once() {
    let mut rig = filled(5000, 10);
    let mut out = BytesMut::new();
    let ranged = rig.store.range(&all(500, 0), &mut out).unwrap();
    assert!(matches!(ranged, Ranged::Done(_)));
    let response = RangeResponse::decode(out).unwrap();
    assert_eq!(
        (response.kvs.len(), response.count, response.more),
        (500, 5000, true)
    );
}

#[test]
fn a_scan_stays_at_its_moment() {
    let mut rig = filled(3000, 10);
    let mut scan = rig.store.scan(&all(0, 0)).unwrap();
    let mut out = BytesMut::new();
    assert_eq!(scan.page(10, usize::MAX, &mut out).unwrap(), None);
    let first = RangeResponse::decode(out.split()).unwrap();
    assert_eq!((first.kvs.len(), first.count), (10, 0));
    rig.write(|txn| {
        txn.delete_range(b"\0", b"\0");
    });
    rig.compact(rig.store.revision()).unwrap();
    rig.store.backend().commit().unwrap();
    let found = scan
        .page(usize::MAX, usize::MAX, &mut out)
        .unwrap()
        .unwrap();
    assert_eq!((found.count, found.more), (3000, false));
    let rest = RangeResponse::decode(out).unwrap();
    assert_eq!((rest.kvs.len(), rest.count), (2990, 3000));
    assert_eq!(rig.range(&all(0, 0)).unwrap().count, 0);
}

#[test]
fn a_transaction_reads_what_it_wrote_and_what_was_before() {
    let mut rig = Rig::new();
    let before = rig.put("a", "1");
    rig.write(|txn| {
        let read = |txn: &mut etcd_mvcc::Txn<'_>, revision| {
            let mut out = BytesMut::new();
            txn.range(&all(0, revision), &mut out)
                .map(|found| (found.count, RangeResponse::decode(out).unwrap().kvs))
        };
        assert_eq!(txn.revision(), before);
        assert!(matches!(read(txn, before + 1), Err(Error::FutureRevision)));
        txn.put(&Bytes::from_static(b"a"), b"2", 0);
        txn.put(&Bytes::from_static(b"b"), b"3", 0);
        assert_eq!(txn.revision(), before + 1);
        let (count, kvs) = read(txn, 0).unwrap();
        assert_eq!(count, 2);
        assert_eq!(
            kvs.iter().map(|kv| &kv.value[..]).collect::<Vec<_>>(),
            [b"2", b"3"]
        );
        assert_eq!(read(txn, before).unwrap().1[0].value, "1");
        txn.delete_range(b"a", b"");
        assert_eq!(read(txn, 0).unwrap().0, 1);
    });
}

/// Upstream's issue 18667: such a read inside a transaction was answered with nothing, or ended the process.
#[test]
fn issue_18667_a_compacted_revision_is_refused_before_a_transaction_writes() {
    let mut rig = filled(5, 1);
    rig.compact(4).unwrap();
    for (revision, refused) in [
        (0, false),
        (3, true),
        (4, false),
        (6, false),
        (7, true),
        (-1, true),
    ] {
        assert_eq!(
            rig.store.check_revision(revision).is_err(),
            refused,
            "{revision}"
        );
    }
    assert!(matches!(rig.store.check_revision(3), Err(Error::Compacted)));
    assert!(matches!(
        rig.store.check_revision(7),
        Err(Error::FutureRevision)
    ));
    // Outside a transaction what is not positive is the newest.
    assert_eq!(rig.range(&all(0, -1)).unwrap().count, 5);
}

#[test]
fn an_order_that_is_none_is_refused() {
    let mut rig = Rig::new();
    for (sort_order, sort_target) in [(3, 0), (-1, 0), (0, 5), (0, -1)] {
        let request = RangeRequest {
            sort_order,
            sort_target,
            ..all(0, 0)
        };
        let error = rig.range(&request).unwrap_err();
        assert_eq!(error.to_string(), "invalid sort option");
    }
}

//! Bytes that upstream writes and reads.

use bytes::Bytes;
use prost::Message as _;

use crate::{
    etcdserverpb::{
        Compare, InternalRaftRequest, Metadata, PutRequest, RequestHeader, WatchCreateRequest,
        compare::{CompareResult, CompareTarget, TargetUnion},
        watch_create_request::FilterType,
    },
    raftpb::{ConfState, Entry, EntryType, HardState},
};

#[track_caller]
fn check<M: prost::Message + Default + PartialEq + std::fmt::Debug>(message: &M, bytes: &[u8]) {
    assert_eq!(message.encode_to_vec(), bytes);
    assert_eq!(&M::decode(bytes).unwrap(), message);
}

#[test]
fn numbers_far_apart_are_where_upstream_has_them() {
    let compare = Compare {
        result: CompareResult::NotEqual.into(),
        target: CompareTarget::Lease.into(),
        key: Bytes::from_static(b"k"),
        range_end: Bytes::from_static(b"l"),
        target_union: Some(TargetUnion::Lease(7)),
    };
    check(&compare, b"\x08\x03\x10\x04\x1a\x01k\x40\x07\x82\x04\x01l");
    let request = InternalRaftRequest {
        header: Some(RequestHeader {
            id: 5,
            ..RequestHeader::default()
        }),
        put: Some(PutRequest {
            key: Bytes::from_static(b"k"),
            ..PutRequest::default()
        }),
        ..InternalRaftRequest::default()
    };
    check(&request, b"\x22\x03\x0a\x01k\xa2\x06\x02\x08\x05");
}

#[test]
fn lists_of_numbers_are_packed_in_the_services_and_not_in_raft() {
    let watch = WatchCreateRequest {
        filters: vec![FilterType::Noput.into(), FilterType::Nodelete.into()],
        ..WatchCreateRequest::default()
    };
    check(&watch, b"\x2a\x02\x00\x01");
    let state = ConfState {
        voters: vec![1, 2],
        auto_leave: Some(false),
        ..ConfState::default()
    };
    check(&state, b"\x08\x01\x08\x02\x28\x00");
}

#[test]
fn zeros_that_are_set_are_written_in_raft() {
    let state = HardState {
        term: Some(2),
        vote: Some(0),
        commit: Some(0),
    };
    check(&state, b"\x08\x02\x10\x00\x18\x00");
    let entry = Entry {
        r#type: Some(EntryType::EntryNormal.into()),
        term: Some(2),
        index: Some(3),
        data: None,
    };
    check(&entry, b"\x08\x00\x10\x02\x18\x03");
    let metadata = Metadata {
        node_id: Some(1),
        cluster_id: Some(0),
    };
    check(&metadata, b"\x08\x01\x10\x00");
}

#[test]
fn values_are_slices_of_the_request() {
    let body = Bytes::from(
        PutRequest {
            key: Bytes::from_static(b"key"),
            value: Bytes::from_static(b"value"),
            ..PutRequest::default()
        }
        .encode_to_vec(),
    );
    let put = PutRequest::decode(body.clone()).unwrap();
    let inside = body.as_ptr_range();
    assert!(inside.contains(&put.value.as_ptr()) && inside.contains(&put.key.as_ptr()));
}

//! What may not get into the log, since everybody who applies it would end, at every start; and what happens if it did.

use etcd_api::raftpb;
use etcd_server::{Kind, Method};
use prost::Message as _;

use super::*;

fn path(method: Method) -> String {
    format!("/{}/{}", method.service(), method.name())
}

/// Starts the member again over the same data, and asks it for a key: its log could be applied.
async fn works_after_a_restart(member: Member, folder: &Path) {
    member.stop().await;
    let member = Member::start(folder).await;
    let client = Client::connect(member.address).await;
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "b"))
        .await
        .unwrap();
    member.stop().await;
}

#[tokio::test]
async fn bytes_that_are_no_request_are_refused_whatever_the_method() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let unary = Method::ALL
        .iter()
        .filter(|method| method.kind() == Kind::Unary);
    for method in unary {
        for bytes in [&b"\x0a"[..], b"\x00\x01", b"\xe3\x12", b"\x0e\x01"] {
            let frame = [&[0, 0, 0, 0, u8::try_from(bytes.len()).unwrap()], bytes].concat();
            let outcome = client
                .call(request(&path(*method)), Bytes::from(frame))
                .await;
            // Methods without fields may skip a group that does not end; those that read them may not.
            let is_refused = outcome.code == "13"
                && outcome.message
                    == "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data";
            let text = format!("{method:?} {bytes:?} {} {}", outcome.code, outcome.message);
            assert!(is_refused, "{text}");
        }
    }
    works_after_a_restart(member, folder.path()).await;
}

#[tokio::test]
async fn a_put_with_unknown_groups_as_deep_as_can_be_read_does_not_end_the_member() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let mut codes = Vec::new();
    for depth in 90..110 {
        let mut bytes = put("a", "b").encode_to_vec();
        bytes.extend([0xe3, 0x12].repeat(depth));
        bytes.extend([0xe4, 0x12].repeat(depth));
        let mut frame = vec![0];
        frame.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        frame.extend(bytes);
        codes.push(client.call(request(PUT), Bytes::from(frame)).await.code);
    }
    assert!(codes.contains(&"0".to_owned()) && codes.contains(&"13".to_owned()));
    works_after_a_restart(member, folder.path()).await;
}

#[tokio::test]
async fn an_entry_of_a_newer_version_ends_the_member_with_an_error() {
    let folder = TempDir::new().unwrap();
    Member::start(folder.path()).await.stop().await;
    let wal = folder.path().join("member/wal");
    let start = etcd_wal::read::newest_snapshot(&wal).unwrap();
    let (mut wal, contents) =
        etcd_wal::Wal::open(&wal, &start, etcd_wal::Options::default()).unwrap();
    let last = contents.entries.last().unwrap();
    // Field 9000 of an entry, which nobody knows yet.
    let entry = raftpb::Entry {
        r#type: Some(raftpb::EntryType::EntryNormal.into()),
        term: last.term,
        index: Some(last.index() + 1),
        data: Some(Bytes::from_static(b"\xc2\xb2\x04\x00")),
    };
    let state = raftpb::HardState {
        commit: entry.index,
        ..contents.state
    };
    wal.save(&state, &[entry]).unwrap();
    drop(wal);
    let board = Arc::new(Board::default());
    let metrics = Metrics::new(Detail::Basic);
    let booted = boot::start(boot_config(folder.path()), board.clone(), metrics.clone()).unwrap();
    let (_front, work) = Front::new(config(), board, metrics);
    let ended = booted.engine.run(work, Shutdown::new()).await;
    assert!(matches!(ended, Err(EngineError::Unknown)), "{ended:?}");
}

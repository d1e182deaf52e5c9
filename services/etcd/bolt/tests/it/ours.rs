//! A member's database as we write it. What upstream says of it was recorded; the same file must come out again.

use std::{collections::BTreeMap, fs, path::Path};

use etcd_api::mvccpb::KeyValue;
use etcd_bolt::{Plan, Reader};
use prost::Message as _;

type Buckets = BTreeMap<&'static [u8], BTreeMap<Vec<u8>, Vec<u8>>>;

/// The checksum of the file that `testdata/check.go` judged. Another file must be judged again; this test leaves it at
/// `judged.db` in the folder cargo keeps for tests, below the target folder.
const JUDGED: u32 = 74_910_459;

/// What upstream calls the hash of a snapshot: all buckets, keys and values.
const CONTENT: u32 = 1_771_814_359;

fn member() -> Buckets {
    let key = |number: i64| {
        let revision = [&(number + 1).to_be_bytes()[..], b"_", &[0; 8]].concat();
        let value = KeyValue {
            key: format!("key/{number:05}").into(),
            create_revision: number + 1,
            mod_revision: number + 1,
            version: 1,
            // One in a thousand is longer than a page.
            value: vec![b'v'; if number % 1000 == 0 { 9000 } else { 100 }].into(),
            ..KeyValue::default()
        };
        (revision, value.encode_to_vec())
    };
    let of = |entries: &[(&str, &[u8])]| {
        let entry = |(key, value): &(&str, &[u8])| (key.as_bytes().to_vec(), value.to_vec());
        entries.iter().map(entry).collect()
    };
    Buckets::from([
        (&b"alarm"[..], BTreeMap::new()),
        (b"auth", of(&[("authEnabled", &[0]), ("authRevision", &1u64.to_be_bytes())])),
        (b"authRoles", BTreeMap::new()),
        (b"authUsers", BTreeMap::new()),
        (b"cluster", of(&[("clusterVersion", b"3.7.0")])),
        (b"key", (1..=20_000).map(key).collect()),
        (b"lease", BTreeMap::new()),
        (
            b"members",
            of(&[(
                "8e9e05c52164694d",
                br#"{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default","clientURLs":["http://localhost:2379"]}"#,
            )]),
        ),
        (b"members_removed", of(&[("5", b"removed")])),
        (
            b"meta",
            of(&[
                ("confState", br#"{"voters":[10276657743932975437],"auto_leave":false}"#),
                ("consistent_index", &20_004u64.to_be_bytes()),
                ("storageVersion", b"3.7.0"),
                ("term", &2u64.to_be_bytes()),
            ]),
        ),
    ])
}

#[test]
fn a_members_database_is_the_one_that_upstream_takes() {
    let buckets = member();
    let mut plan = Plan::default();
    for (name, entries) in &buckets {
        plan.bucket(name).unwrap();
        for (key, value) in entries {
            plan.entry(key, value.len()).unwrap();
        }
    }
    let mut writer = plan.finish().unwrap().write(Vec::new()).unwrap();
    let mut content = 0;
    for (name, entries) in &buckets {
        writer.bucket(name).unwrap();
        content = crc32c::crc32c_append(content, name);
        for (key, value) in entries {
            writer.entry(key, value).unwrap();
            content = crc32c::crc32c_append(crc32c::crc32c_append(content, key), value);
        }
    }
    let file = writer.finish().unwrap();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judged.db");
    fs::write(&place, &file).unwrap();
    assert_eq!(content, CONTENT);
    assert_eq!(
        crc32c::crc32c(&file),
        JUDGED,
        "not the file that upstream judged: {}",
        place.display()
    );
    let reader = Reader::open(fs::File::open(place).unwrap()).unwrap();
    let mut entries = reader.entries(b"key").unwrap().unwrap();
    for (key, value) in &buckets[&b"key"[..]] {
        assert_eq!(
            entries.next_entry().unwrap(),
            Some((key.as_slice(), value.as_slice()))
        );
    }
    assert_eq!(entries.next_entry().unwrap(), None);
}

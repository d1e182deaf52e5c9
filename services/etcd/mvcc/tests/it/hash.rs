//! Hashes of keys, against those that upstream 3.7.3 gave for the same history (`testdata/record.sh` asks it anew).

use bytes::Bytes;
use etcd_mvcc::{Txn, hash_store};

use crate::rig::Rig;

fn put(txn: &mut Txn<'_>, key: &str, value: &str, lease: i64) {
    txn.put(
        &Bytes::copy_from_slice(key.as_bytes()),
        value.as_bytes(),
        lease,
    );
}

/// One operation of a transaction, as etcdctl is told it.
fn operate(txn: &mut Txn<'_>, operation: &str) {
    let words: Vec<_> = operation.split_whitespace().collect();
    match words[..] {
        ["put", key] => put(txn, key, "", 0),
        ["put", key, value] => put(txn, key, value, 0),
        ["del", key] => drop(txn.delete_range(key.as_bytes(), b"")),
        ["del", "--range", key, end] => drop(txn.delete_range(key.as_bytes(), end.as_bytes())),
        _ => panic!("not an operation: {operation}"),
    }
}

fn hash(rig: &Rig, revision: &str) -> String {
    match rig.hash(revision.parse().unwrap()) {
        Ok(hash) => format!("{} {} {}", hash.hash, hash.compact_revision, hash.revision),
        Err(error) => error.to_string().trim_start_matches("mvcc: ").to_owned(),
    }
}

#[test]
fn hashes_are_those_of_upstream() {
    let mut rig = Rig::new();
    let mut compared = 0;
    for (number, line) in include_str!("../../testdata/hashes.txt")
        .lines()
        .enumerate()
    {
        let (line, result) = line.split_once(" => ").unwrap_or((line, ""));
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "#" => {}
            "txn" => {
                rig.write(|txn| {
                    rest.split(';')
                        .for_each(|operation| operate(txn, operation))
                });
            }
            "lease" => {
                let words: Vec<_> = rest.split(' ').collect();
                let lease = i64::from_str_radix(result, 16).unwrap();
                rig.write(|txn| put(txn, words[0], words[2], lease));
            }
            "compact" => {
                rig.compact(rest.parse().unwrap()).unwrap();
            }
            "restart" => rig = rig.restart(),
            "hash" => {
                assert_eq!(hash(&rig, rest), result, "line {}: {line}", number + 1);
                compared += 1;
            }
            _ => {
                rig.write(|txn| operate(txn, line));
            }
        }
    }
    assert!(compared > 40, "{compared} hashes");
}

#[test]
fn a_hash_of_the_whole_store_leaves_out_what_a_member_writes_by_itself() {
    let mut rig = Rig::new();
    rig.put("a", "1");
    let backend = rig.store.backend().clone();
    let write = |bucket, key: &'static str| {
        let mut batch = etcd_backend::Batch::new();
        batch.put(bucket, key, "1");
        backend.write(batch);
        hash_store(&backend).unwrap()
    };
    let first = hash_store(&backend).unwrap();
    for key in ["consistent_index", "term", "storageVersion"] {
        assert_eq!(write(etcd_backend::Bucket::Meta, key), first);
    }
    let second = write(etcd_backend::Bucket::Meta, "confState");
    assert_ne!(second, first);
    assert_ne!(write(etcd_backend::Bucket::Lease, "confState"), second);
}

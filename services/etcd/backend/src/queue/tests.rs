//! What is queued is found by key, from any revision on, and never out of order.

use super::*;

fn key(main: u64) -> Bytes {
    Bytes::from([&main.to_be_bytes()[..], b"_", &0_u64.to_be_bytes()].concat())
}

fn layer(count: u64) -> Layer {
    let mut layer = Layer::default();
    for main in 1..=count {
        let mut batch = Batch::new();
        batch.put(Bucket::Key, key(main * 2), main.to_be_bytes().to_vec());
        layer.add(batch);
    }
    layer
}

#[test]
fn a_revision_is_found_in_pieces_and_in_the_tail() {
    for count in [0, 1, 255, 256, 257, 1000] {
        let layer = layer(count);
        for main in 1..=count {
            assert_eq!(layer.value(&key(main * 2)).unwrap()[..], main.to_be_bytes());
            assert_eq!(layer.value(&key(main * 2 + 1)), None);
        }
        assert_eq!(layer.value(&key(0)), None);
    }
}

#[test]
fn revisions_start_anywhere() {
    let layer = layer(600);
    for from in [0, 1, 2, 3, 511, 512, 513, 514, 1024, 1199, 1200, 1201] {
        let found: Vec<_> = layer
            .revisions(key(from))
            .map(|revision| revision.key.clone())
            .collect();
        let expected: Vec<_> = (1..=600)
            .map(|main| main * 2)
            .filter(|main| *main >= from)
            .map(key)
            .collect();
        assert_eq!(found, expected, "from {from}");
    }
}

#[test]
#[should_panic(expected = "revisions only grow")]
fn a_revision_twice_is_a_bug() {
    let mut layer = layer(1);
    let mut batch = Batch::new();
    batch.put(Bucket::Key, key(2), "x");
    layer.add(batch);
}

#[test]
fn a_copy_does_not_see_what_comes_later() {
    let mut layer = layer(300);
    let copy = layer.clone();
    let mut batch = Batch::new();
    batch.put(Bucket::Key, key(1000), "x");
    batch.put(Bucket::Meta, "a", "1");
    layer.add(batch);
    assert_eq!(copy.revisions(Bytes::new()).count(), 300);
    assert!(copy.small().is_empty());
    assert_eq!(layer.revisions(Bytes::new()).count(), 301);
}

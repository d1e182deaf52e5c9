//! What upstream wrote: `testdata/check.go` says how.

use etcd_bolt::Reader;

#[test]
fn a_database_of_upstreams_is_read_with_its_deep_small_and_empty_buckets() {
    let file = include_bytes!("../../testdata/upstream.db");
    let reader = Reader::open(&file[..]).unwrap();
    assert_eq!(
        reader.buckets().unwrap(),
        [&b"alarm"[..], b"key", b"lease", b"meta"]
    );
    let read = |bucket: &str| {
        let mut entries = reader.entries(bucket.as_bytes()).unwrap().unwrap();
        let mut found = Vec::new();
        while let Some((key, value)) = entries.next_entry().unwrap() {
            found.push((key.to_vec(), value.to_vec()));
        }
        found
    };
    assert_eq!(read("alarm"), []);
    let text = |text: &str| text.as_bytes().to_vec();
    assert_eq!(
        read("meta"),
        [(text("small"), text("stands in its parent's page"))]
    );
    assert_eq!(read("lease"), [(text("long"), vec![b'l'; 10_000])]);
    // Every third was deleted again, which left pages free.
    let kept = (0..500).filter(|number| number % 3 != 0);
    let expected: Vec<_> = kept
        .map(|number| (text(&format!("key {number:04}")), vec![b'v'; 30]))
        .collect();
    assert!(read("key") == expected);
    assert!(reader.entries(b"none").unwrap().is_none());
}

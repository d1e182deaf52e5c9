//! The corpus of the fuzz targets, replayed.

use std::{fs, path::Path};

use kit_http::fuzz::{fuzz_gzip, fuzz_head, fuzz_snappy, fuzz_web_config};

/// Takes the bytes of one case.
type Target = fn(&[u8]);

#[test]
fn the_fuzz_corpus_does_no_harm() {
    let targets: [(&str, Target); 4] = [
        ("web_config", fuzz_web_config),
        ("gzip", fuzz_gzip),
        ("snappy", fuzz_snappy),
        ("head", fuzz_head),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(name);
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            target(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}

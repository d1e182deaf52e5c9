//! The corpora of the fuzz targets, replayed.

use std::{fs, path::Path};

use crypto::fuzz::{
    fuzz_certificate, fuzz_changed_handshake, fuzz_client_handshake, fuzz_password_hash, fuzz_pem,
    fuzz_private_key, fuzz_public_key, fuzz_revocation_list, fuzz_server_handshake, fuzz_token,
};

/// Takes the bytes of one case.
type Target = fn(&[u8]);

#[test]
fn the_fuzz_corpora_do_no_harm() {
    let targets: [(&str, Target); 10] = [
        ("certificate", fuzz_certificate),
        ("changed_handshake", fuzz_changed_handshake),
        ("client_handshake", fuzz_client_handshake),
        ("password_hash", fuzz_password_hash),
        ("pem", fuzz_pem),
        ("private_key", fuzz_private_key),
        ("public_key", fuzz_public_key),
        ("revocation_list", fuzz_revocation_list),
        ("server_handshake", fuzz_server_handshake),
        ("token", fuzz_token),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let mut count = 0;
        for entry in fs::read_dir(folder.join(name)).unwrap() {
            target(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}

//! Writes down which crates this program links, for `crypto::linked_crates!()` in `main.rs`.

fn main() {
    crypto_linked::write();
}

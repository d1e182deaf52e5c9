//! Proves a key against the public half of another one, as a broken module would make it: the process must end.

use crypto::sign::{KeyKind, PrivateKey};

fn main() -> Result<(), crypto::sign::KeyError> {
    let (key, other) = (
        PrivateKey::generate(KeyKind::P256)?,
        PrivateKey::generate(KeyKind::P256)?,
    );
    crypto::test_util::prove_pair(&key, &other.public());
    Ok(())
}

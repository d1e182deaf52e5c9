//! What a program may link besides its provider, as data. The one place that knows: `linked` compares a starting program
//! with it, the graph gate and the deny files of `conformance/tidy` and `crypto-audit` include this file. A `*` at the end
//! of a name stands for any rest.

/// The rules of one provider.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The cargo feature that chooses it.
    pub feature: &'static str,
    /// Groups of crates that may never be linked beside it.
    pub forbidden: &'static [&'static [&'static str]],
    /// Crates without which a program is not built with it.
    pub required: &'static [&'static str],
}

/// The rules of every provider.
pub const PROVIDERS: [Rules; 3] = [
    Rules {
        feature: "ring",
        // No AWS-LC of any kind beside ring.
        forbidden: &[STACKS_AND_BROKEN, &["aws-lc-*"]],
        required: &["ring"],
    },
    Rules {
        feature: "aws-lc",
        // No ring and no FIPS module beside plain AWS-LC.
        forbidden: &[STACKS_AND_BROKEN, &["ring", "aws-lc-fips-sys"]],
        required: &["aws-lc-rs", "aws-lc-sys"],
    },
    Rules {
        feature: "fips",
        // Nothing beside the validated module: no other provider, and no primitive of RustCrypto.
        forbidden: &[STACKS_AND_BROKEN, &["ring", "aws-lc-sys"], PRIMITIVES],
        required: &["aws-lc-rs", "aws-lc-fips-sys"],
    },
];

/// A second TLS or crypto stack, and what is broken: never, whatever the provider.
pub const STACKS_AND_BROKEN: &[&str] = &[
    "openssl",
    "openssl-sys",
    "native-tls",
    "boring*",
    "md5",
    "md-5",
    "rc4",
    "des",
];

/// Cryptography of the RustCrypto family. A build without validation may link it, and its report says so.
pub const PRIMITIVES: &[&str] = &[
    "sha1",
    "sha2",
    "sha3",
    "hmac",
    "hkdf",
    "rsa",
    "p256",
    "p384",
    "p521",
    "ecdsa",
    "ed25519-dalek",
    "curve25519-dalek",
    "aes",
    "aes-gcm",
    "chacha20*",
    "blake*",
    "argon2",
    "scrypt",
];

/// Cryptography outside the provider that every program may link, and why. Reports name it.
pub const TOLERATED: &[(&str, &str)] = &[
    (
        "bcrypt",
        "password hashes of web configuration files are bcrypt, which is in no module; TLS protects the transport",
    ),
    ("blowfish", "the cipher inside bcrypt, used by nothing else"),
];

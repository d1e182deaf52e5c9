//! Message digests. MD5, SHA-1 and their kin cannot be named here; asking for them by name is refused (POL-001).
//! SHA-1 where it only names things is in [`identifier`](crate::identifier).

use std::str::FromStr;

use crate::{
    imp::digest as module,
    policy::{self, PolicyCode, Refused, Unsupported},
    settings::Mode,
};

/// A digest every caller may use for protection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-512/256.
    Sha512_256,
    /// SHA-224. ring has none.
    #[cfg(not(feature = "ring"))]
    Sha224,
    /// SHA3-256. ring has none.
    #[cfg(not(feature = "ring"))]
    Sha3_256,
    /// SHA3-384. ring has none.
    #[cfg(not(feature = "ring"))]
    Sha3_384,
    /// SHA3-512. ring has none.
    #[cfg(not(feature = "ring"))]
    Sha3_512,
}

impl Algorithm {
    /// Length of the digest in bytes.
    #[must_use]
    pub fn output_bytes(self) -> usize {
        self.module().output_len()
    }

    fn module(self) -> &'static module::Algorithm {
        match self {
            Self::Sha256 => &module::SHA256,
            Self::Sha384 => &module::SHA384,
            Self::Sha512 => &module::SHA512,
            Self::Sha512_256 => &module::SHA512_256,
            #[cfg(not(feature = "ring"))]
            Self::Sha224 => &module::SHA224,
            #[cfg(not(feature = "ring"))]
            Self::Sha3_256 => &module::SHA3_256,
            #[cfg(not(feature = "ring"))]
            Self::Sha3_384 => &module::SHA3_384,
            #[cfg(not(feature = "ring"))]
            Self::Sha3_512 => &module::SHA3_512,
        }
    }
}

/// Reads a name such as `sha256` or `SHA-256`.
///
/// # Errors
/// POL-001 for digests no build allows (MD5, MD4, RIPEMD-160, SHA-1); [`Unsupported`] for those the provider lacks
/// (SHA-224 and SHA-3 on ring) and for any other name.
impl FromStr for Algorithm {
    type Err = Refused;

    fn from_str(name: &str) -> Result<Self, Refused> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "sha256" => Ok(Self::Sha256),
            "sha384" => Ok(Self::Sha384),
            "sha512" => Ok(Self::Sha512),
            "sha512256" => Ok(Self::Sha512_256),
            #[cfg(not(feature = "ring"))]
            "sha224" => Ok(Self::Sha224),
            #[cfg(not(feature = "ring"))]
            "sha3256" => Ok(Self::Sha3_256),
            #[cfg(not(feature = "ring"))]
            "sha3384" => Ok(Self::Sha3_384),
            #[cfg(not(feature = "ring"))]
            "sha3512" => Ok(Self::Sha3_512),
            #[cfg(feature = "ring")]
            "sha224" | "sha3256" | "sha3384" | "sha3512" => {
                Err(Unsupported::new(name, "build with aws-lc or fips").into())
            }
            "md5" | "md4" | "ripemd160" | "sha1" => Err(policy::refuse(
                Mode::current(),
                PolicyCode::Digest,
                format!("digest {name}"),
                "collisions can be made",
                "SHA-256, SHA-384 or SHA-512",
            )
            .into()),
            _ => Err(Unsupported::new(
                format!("digest {name:?}"),
                "use SHA-256, SHA-384 or SHA-512",
            )
            .into()),
        }
    }
}

/// Returns the digest of `bytes`.
#[must_use]
pub fn digest(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    module::digest(algorithm.module(), bytes).as_ref().to_vec()
}

/// Returns the SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut output = [0; 32];
    output.copy_from_slice(module::digest(&module::SHA256, bytes).as_ref());
    output
}

/// A digest fed piece by piece.
#[derive(Clone)]
pub struct Hasher(module::Context);

impl Hasher {
    /// Starts an empty digest.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(module::Context::new(algorithm.module()))
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Ends the digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

/// Returns `bytes` as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Hasher, digest, hex, sha256};
    use crate::settings::Mode;

    // FIPS 180-4 examples, message "abc".
    const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn sha256_of_abc_is_the_published_one() {
        assert_eq!(hex(&sha256(b"abc")), ABC_SHA256);
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        for algorithm in [
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
            Algorithm::Sha512_256,
        ] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"bc");
            let whole = digest(algorithm, b"abc");
            assert_eq!(hasher.finish(), whole);
            assert_eq!(whole.len(), algorithm.output_bytes());
        }
    }

    #[cfg(not(feature = "ring"))]
    #[test]
    fn the_digests_ring_lacks_are_the_published_ones() {
        for (name, expected) in [
            (
                "SHA-224",
                "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
            ),
            (
                "SHA3-256",
                "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
            ),
        ] {
            let algorithm: Algorithm = name.parse().unwrap();
            assert_eq!(hex(&digest(algorithm, b"abc")), expected, "{name}");
        }
    }

    #[cfg(feature = "ring")]
    #[test]
    fn ring_says_which_builds_have_what_it_lacks() {
        for name in ["SHA-224", "SHA3-256", "SHA3-384", "SHA3-512"] {
            assert_eq!(
                name.parse::<Algorithm>().unwrap_err().to_string(),
                format!("provider ring does not implement {name}; build with aws-lc or fips")
            );
        }
    }

    #[test]
    fn broken_digests_are_refused_by_rule_and_an_unknown_name_is_not() {
        for name in ["MD5", "md4", "RIPEMD-160", "SHA-1"] {
            assert_eq!(
                name.parse::<Algorithm>().unwrap_err().to_string(),
                format!(
                    "crypto policy POL-001 ({}): digest {name} is not allowed: collisions can be made; use SHA-256, \
                     SHA-384 or SHA-512",
                    Mode::current().name()
                )
            );
        }
        let unknown = "whirlpool".parse::<Algorithm>().unwrap_err().to_string();
        assert!(unknown.starts_with("provider "), "{unknown}");
    }
}

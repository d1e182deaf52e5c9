//! Message authentication with HMAC. Keys shorter than 112 bits are refused where the policy asks for it (POL-008).

use std::str::FromStr;

use crate::{
    imp::hmac as module,
    policy::{self, PolicyCode, PolicyError, Unsupported},
    settings::Mode,
};

/// Shortest key accepted in a fips build, in bytes (112 bits, SP 800-131A).
pub const FIPS_KEY_BYTES_MIN: usize = 14;

/// The digest inside the HMAC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// Reads a name such as `HMAC-SHA256`.
///
/// # Errors
/// [`Unsupported`] for every other digest: nobody here needs HMAC-SHA-1, HMAC-SHA-224 or HMAC-SHA-3.
impl FromStr for Algorithm {
    type Err = Unsupported;

    fn from_str(name: &str) -> Result<Self, Unsupported> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "hmacsha256" => Ok(Self::Sha256),
            "hmacsha384" => Ok(Self::Sha384),
            "hmacsha512" => Ok(Self::Sha512),
            _ => Err(Unsupported::new(
                name,
                "use HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512",
            )),
        }
    }
}

/// A key bound to its algorithm. The provider wipes its state; nothing prints it.
#[derive(Clone)]
pub struct Key(module::Key);

impl Key {
    /// Takes the key material.
    ///
    /// # Errors
    /// POL-008 in a fips build when the key is shorter than [`FIPS_KEY_BYTES_MIN`].
    pub fn new(algorithm: Algorithm, material: &[u8]) -> Result<Self, PolicyError> {
        Self::for_mode(Mode::current(), algorithm, material)
    }

    pub(crate) fn for_mode(
        mode: Mode,
        algorithm: Algorithm,
        material: &[u8],
    ) -> Result<Self, PolicyError> {
        if mode.is_fips() && material.len() < FIPS_KEY_BYTES_MIN {
            return Err(policy::refuse(
                mode,
                PolicyCode::HmacKey,
                format!("an HMAC key of {} bits", material.len() * 8),
                "the minimum is 112 bits",
                "a key of 14 bytes or more",
            ));
        }
        let algorithm = match algorithm {
            Algorithm::Sha256 => module::HMAC_SHA256,
            Algorithm::Sha384 => module::HMAC_SHA384,
            Algorithm::Sha512 => module::HMAC_SHA512,
        };
        Ok(Self(module::Key::new(algorithm, material)))
    }

    /// Returns the tag over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        module::sign(&self.0, message).as_ref().to_vec()
    }

    /// Says whether `tag` belongs to `message`, in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        module::verify(&self.0, message, tag).is_ok()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hmac::Key(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Key};
    use crate::{digest::hex, settings::Mode};

    #[test]
    fn rfc_4231_case_one_holds() {
        let key = Key::new(Algorithm::Sha256, &[0x0b; 20]).unwrap();
        let tag = key.sign(b"Hi There");
        assert_eq!(
            hex(&tag),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert!(key.verify(b"Hi There", &tag));
        assert!(!key.verify(b"Hi there", &tag));
    }

    #[test]
    fn names_are_those_of_the_three_digests() {
        assert_eq!("hmac_sha384".parse(), Ok(Algorithm::Sha384));
        let unknown = "HMAC-SHA1".parse::<Algorithm>().unwrap_err().to_string();
        assert!(unknown.ends_with(
            " does not implement HMAC-SHA1; use HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512"
        ));
    }

    #[test]
    fn a_short_key_is_refused_in_fips_mode_only() {
        assert!(Key::for_mode(Mode::Standard, Algorithm::Sha256, &[1; 13]).is_ok());
        assert!(Key::for_mode(Mode::Fips, Algorithm::Sha256, &[1; 14]).is_ok());
        let error = Key::for_mode(Mode::Fips, Algorithm::Sha256, &[1; 13])
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "crypto policy POL-008 (fips): an HMAC key of 104 bits is not allowed: the minimum is 112 bits; use a key of 14 bytes or more"
        );
    }
}

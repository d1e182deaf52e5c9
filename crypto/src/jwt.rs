//! Signed tokens (JWS in the compact form, RFC 7515, 7518, 7519), as etcd gives them to its clients.
//!
//! A key knows its one algorithm. What a token says about itself is only compared with that, so nobody can make a
//! verifier take a public key for a secret, or no signature at all.
//!
//! Source: etcd server/auth/jwt.go, options.go; golang-jwt v5.

mod algorithm;
mod claims;
mod error;

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{
    hmac,
    settings::Mode,
    sign::{PrivateKey, Scheme},
    verify::PublicKey,
};

pub use self::{algorithm::Algorithm, error::JwtError};

/// The claims of a token: a JSON object.
pub type Claims = Map<String, Value>;

/// Longest token that is read, in bytes. A signature of an RSA key of 8192 bits takes 1,366 of them.
pub const TOKEN_BYTES_MAX: usize = 8192;

/// A key that makes tokens.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    key: Signer,
}

#[derive(Clone)]
enum Signer {
    Private(PrivateKey, Scheme),
    Secret(Arc<hmac::Key>),
}

/// A key that believes tokens.
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    key: Verifier,
}

#[derive(Clone)]
enum Verifier {
    Public(PublicKey, Scheme),
    Secret(Arc<hmac::Key>),
}

impl SigningKey {
    /// Takes a private key for one of the RS, PS, ES algorithms or `EdDSA`.
    ///
    /// # Errors
    /// [`JwtError::Key`] when key and algorithm do not fit.
    pub fn new(algorithm: Algorithm, key: PrivateKey) -> Result<Self, JwtError> {
        let scheme = algorithm.scheme().ok_or(JwtError::Key(algorithm))?;
        if !key.schemes().any(|own| own == scheme) {
            return Err(JwtError::Key(algorithm));
        }
        let key = Signer::Private(key, scheme);
        Ok(Self { algorithm, key })
    }

    /// Takes a shared secret for one of the HS algorithms.
    ///
    /// # Errors
    /// [`JwtError::EmptySecret`]; POL-008 in a fips build for fewer than 14 bytes; [`JwtError::Key`] for an algorithm
    /// without a secret.
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, JwtError> {
        let key = Signer::Secret(Arc::new(hmac_key(Mode::current(), algorithm, secret)?));
        Ok(Self { algorithm, key })
    }

    /// Returns a token with these claims. Dates in it (`exp`, `nbf`) are seconds since 1970.
    ///
    /// # Errors
    /// [`JwtError::Sign`] when the module fails.
    pub fn sign(&self, claims: &Claims) -> Result<String, JwtError> {
        let header = json!({ "alg": self.algorithm.name(), "typ": "JWT" }).to_string();
        let claims = Value::Object(claims.clone()).to_string();
        self.sign_parts(header.as_bytes(), claims.as_bytes())
    }

    pub(crate) fn sign_parts(&self, header: &[u8], claims: &[u8]) -> Result<String, JwtError> {
        let encode = |part| URL_SAFE_NO_PAD.encode(part);
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = match &self.key {
            Signer::Private(key, scheme) => key.sign_fixed(*scheme, signed.as_bytes())?,
            Signer::Secret(key) => key.sign(signed.as_bytes()),
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The key that believes what this one signs.
    #[must_use]
    pub fn verifying(&self) -> VerifyingKey {
        let key = match &self.key {
            Signer::Private(key, scheme) => Verifier::Public(key.public(), *scheme),
            Signer::Secret(key) => Verifier::Secret(key.clone()),
        };
        let algorithm = self.algorithm;
        VerifyingKey { algorithm, key }
    }
}

impl VerifyingKey {
    /// Takes a public key for one of the RS, PS, ES algorithms or `EdDSA`.
    ///
    /// # Errors
    /// [`JwtError::Key`] when key and algorithm do not fit.
    pub fn new(algorithm: Algorithm, key: PublicKey) -> Result<Self, JwtError> {
        match algorithm.scheme() {
            Some(scheme) if key.fits(scheme) => {
                let key = Verifier::Public(key, scheme);
                Ok(Self { algorithm, key })
            }
            _ => Err(JwtError::Key(algorithm)),
        }
    }

    /// Takes a shared secret for one of the HS algorithms.
    ///
    /// # Errors
    /// As [`SigningKey::from_secret`].
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, JwtError> {
        let key = Verifier::Secret(Arc::new(hmac_key(Mode::current(), algorithm, secret)?));
        Ok(Self { algorithm, key })
    }

    /// Returns the claims of a token that this key signed and that is valid at `now`, in seconds since 1970.
    ///
    /// The signature is checked before the claims are read.
    ///
    /// # Errors
    /// [`JwtError`] for every other token.
    pub fn verify(&self, token: &str, now: u64) -> Result<Claims, JwtError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(JwtError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        if claims.contains('.') {
            return Err(JwtError::Malformed);
        }
        self.check_header(&object(header)?)?;
        let signature = decode(signature)?;
        if !self.is_signed(signed.as_bytes(), &signature) {
            return Err(JwtError::Signature);
        }
        let claims = object(claims)?;
        claims::check(&claims, now)?;
        Ok(claims)
    }

    fn check_header(&self, header: &Claims) -> Result<(), JwtError> {
        let name = header.get("alg").and_then(Value::as_str);
        let algorithm: Algorithm = name.ok_or(JwtError::Malformed)?.parse()?;
        if algorithm != self.algorithm {
            return Err(JwtError::OtherMethod);
        }
        if header.contains_key("crit") {
            return Err(JwtError::Unverifiable); // RFC 7515 section 4.1.11
        }
        Ok(())
    }

    fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Verifier::Public(key, scheme) => key.verify_fixed(*scheme, message, signature).is_ok(),
            Verifier::Secret(key) => key.verify(message, signature),
        }
    }
}

fn hmac_key(mode: Mode, algorithm: Algorithm, secret: &[u8]) -> Result<hmac::Key, JwtError> {
    let digest = algorithm.hmac().ok_or(JwtError::Key(algorithm))?;
    if secret.is_empty() {
        return Err(JwtError::EmptySecret);
    }
    Ok(hmac::Key::for_mode(mode, digest, secret)?)
}

fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtError::Malformed)
}

fn object(part: &str) -> Result<Claims, JwtError> {
    serde_json::from_slice(&decode(part)?).map_err(|_| JwtError::Malformed)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jwt::SigningKey({}, ***)", self.algorithm)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jwt::VerifyingKey({}, ***)", self.algorithm)
    }
}

#[cfg(test)]
mod tests;

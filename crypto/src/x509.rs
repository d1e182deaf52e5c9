//! Certificates of our own: signed by their own key, or by an authority's. Reading and verifying the certificates of
//! others is `pki::certificate` and `tls::verify`; trusted pools are [`TrustStore`](crate::tls::TrustStore).
//!
//! Source: Go crypto/x509 `CreateCertificate`, for the fields, their order and their forms.

mod authority;
mod error;
mod extensions;
mod name;

use std::time::Duration;

use der::{
    Encode as _,
    asn1::{GeneralizedTime, UtcTime},
};

use crate::{
    digest,
    pki::encode,
    random,
    sign::{Curve, Hash, PrivateKey, Scheme},
    verify::PublicKey,
};

pub use self::{
    authority::{Authority, Certificate, fingerprint},
    error::X509Error,
    extensions::{KeyUsage, Purpose},
};

/// What a certificate will say. Serial numbers are 128 random bits, keys are named by their SHA-256 (RFC 7093).
///
/// ```
/// use crypto::{
///     sign::{KeyKind, PrivateKey},
///     x509::{Builder, KeyUsage, Purpose},
/// };
///
/// let (now, year) = (1_800_000_000, 365 * 24 * 3600);
/// let key = PrivateKey::generate(KeyKind::P256)?;
/// let certificate = Builder::new(now, now + year)
///     .organization("etcd")
///     .name("10.0.0.1")
///     .usage(&[KeyUsage::DigitalSignature])
///     .purpose(&[Purpose::ServerAuth])
///     .self_signed(&key)?;
/// assert!(certificate.to_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    from: u64,
    until: u64,
    organization: Option<String>,
    common_name: Option<String>,
    names: Vec<String>,
    is_authority: bool,
    usages: Vec<KeyUsage>,
    purposes: Vec<Purpose>,
}

impl Builder {
    /// Starts a certificate that is valid from one second to another, since 1970, both included.
    #[must_use]
    pub fn new(from: u64, until: u64) -> Self {
        Self {
            from,
            until,
            organization: None,
            common_name: None,
            names: Vec::new(),
            is_authority: false,
            usages: Vec::new(),
            purposes: Vec::new(),
        }
    }

    /// Sets the organization of the subject.
    #[must_use]
    pub fn organization(mut self, text: &str) -> Self {
        self.organization = Some(text.to_owned());
        self
    }

    /// Sets the common name of the subject. Nobody verifies it; put hosts into [`Builder::name`].
    #[must_use]
    pub fn common_name(mut self, text: &str) -> Self {
        self.common_name = Some(text.to_owned());
        self
    }

    /// Adds a name the certificate stands for: a DNS name, an IP address, an e-mail address or a URI.
    #[must_use]
    pub fn name(mut self, text: &str) -> Self {
        self.names.push(text.to_owned());
        self
    }

    /// Marks the certificate as an authority's (`CA:TRUE`).
    #[must_use]
    pub fn authority(mut self) -> Self {
        self.is_authority = true;
        self
    }

    /// Sets what the key may do. None (default): the certificate does not say.
    #[must_use]
    pub fn usage(mut self, usages: &[KeyUsage]) -> Self {
        self.usages = usages.to_vec();
        self
    }

    /// Sets what the certificate is for. None (default): anything.
    #[must_use]
    pub fn purpose(mut self, purposes: &[Purpose]) -> Self {
        self.purposes = purposes.to_vec();
        self
    }

    /// Signs with the certificate's own key.
    ///
    /// # Errors
    /// [`X509Error`] for names and times that cannot be written.
    pub fn self_signed(&self, key: &PrivateKey) -> Result<Certificate, X509Error> {
        let subject = self.subject();
        self.sign(&key.public(), &subject, None, key)
    }

    /// Has an authority sign for the holder of `key`.
    ///
    /// # Errors
    /// [`X509Error`] for names and times that cannot be written.
    pub fn signed_by(
        &self,
        authority: &Authority,
        key: &PublicKey,
    ) -> Result<Certificate, X509Error> {
        let issuer = &authority.certificate;
        let issuer_key_id = issuer.extensions.subject_key_id.as_deref();
        self.sign(key, &issuer.subject, issuer_key_id, &authority.key)
    }

    fn sign(
        &self,
        key: &PublicKey,
        issuer: &[u8],
        issuer_key_id: Option<&[u8]>,
        signer: &PrivateKey,
    ) -> Result<Certificate, X509Error> {
        let scheme = certificate_scheme(signer);
        let (_, signature_id) = scheme.ids();
        let algorithm = encode::sequence(signature_id.as_ref());
        let version = encode::value(0xa0, &encode::integer(2));
        let mut serial: [u8; 16] = [0; 16];
        random::fill(&mut serial)?;
        let subject = self.subject();
        let extensions = self.extensions(&subject, key.bits(), issuer_key_id)?;
        let signed = encode::sequence(
            &[
                version.as_slice(),
                &encode::unsigned(&serial),
                &algorithm,
                issuer,
                &self.validity()?,
                &subject,
                &key.spki_der(),
                &extensions,
            ]
            .concat(),
        );
        let signature = encode::bit_string(&signer.sign(scheme, &signed)?);
        Ok(Certificate(encode::sequence(
            &[signed, algorithm, signature].concat(),
        )))
    }

    fn subject(&self) -> Vec<u8> {
        name::distinguished(self.organization.as_deref(), self.common_name.as_deref())
    }

    fn validity(&self) -> Result<Vec<u8>, X509Error> {
        let (from, until) = (self.from, self.until);
        let error = || X509Error::Validity { from, until };
        if from > until {
            return Err(error());
        }
        let dates = [from, until].map(time);
        let [Some(from), Some(until)] = dates else {
            return Err(error());
        };
        Ok(encode::sequence(&[from, until].concat()))
    }

    fn extensions(
        &self,
        subject: &[u8],
        key: &[u8],
        issuer_key_id: Option<&[u8]>,
    ) -> Result<Vec<u8>, X509Error> {
        let mut list = Vec::new();
        if !self.usages.is_empty() {
            list.extend(extensions::key_usage(&self.usages));
        }
        if !self.purposes.is_empty() {
            list.extend(extensions::purposes(&self.purposes));
        }
        list.extend(extensions::basic_constraints(self.is_authority));
        list.extend(extensions::subject_key(&key_id(key)));
        // Another program may have named the authority's key in another way, or not at all (as Go, say nothing then).
        if let Some(id) = issuer_key_id {
            list.extend(extensions::authority_key(id));
        }
        if !self.names.is_empty() {
            let is_nameless = *subject == encode::sequence(&[]);
            let names = name::alternative(&self.names)?;
            list.extend(extensions::alternative_names(&names, is_nameless));
        }
        Ok(encode::value(0xa3, &encode::sequence(&list)))
    }
}

/// How a key signs certificates, as Go chooses.
fn certificate_scheme(key: &PrivateKey) -> Scheme {
    key.schemes()
        .find(|scheme| match scheme {
            Scheme::RsaPkcs1(hash) => *hash == Hash::Sha256,
            Scheme::RsaPss(_) => false,
            Scheme::Ecdsa(Curve::P256 | Curve::P384 | Curve::P521, _) | Scheme::Ed25519 => true,
        })
        .expect("every key has such a scheme")
}

/// A key's name: the first 160 bits of its SHA-256 (RFC 7093 method 1).
fn key_id(key: &[u8]) -> [u8; 20] {
    let digest = digest::sha256(key);
    *digest.first_chunk().expect("SHA-256 is longer")
}

/// `Time`; `None` beyond the year 9999.
fn time(seconds: u64) -> Option<Vec<u8>> {
    let since_1970 = Duration::from_secs(seconds);
    match UtcTime::from_unix_duration(since_1970) {
        Ok(time) => time.to_der().ok(), // until 2049, as RFC 5280 wants it
        Err(_) => GeneralizedTime::from_unix_duration(since_1970)
            .ok()?
            .to_der()
            .ok(),
    }
}

#[cfg(test)]
mod tests;

//! Our verification in the places where rustls asks for one.

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved,
    SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::WebPkiSupportedAlgorithms,
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{
    VerifyError,
    path::{Search, Usage, check_key},
};
use crate::{
    pki::certificate::Certificate,
    settings::Mode,
    tls::{TrustStore, selection::signature_algorithms},
};

/// Which name a server must have.
#[derive(Clone, Debug)]
pub(crate) enum ServerNameCheck {
    /// The one the connection was opened to.
    Requested,
    /// Another one, whatever the connection was opened to.
    Override(String),
}

/// Verifies the other side of a connection: a server's clients, or a client's server.
#[derive(Debug)]
pub(crate) struct PeerVerifier {
    /// `None`: the chain is not looked at, only the handshake signature and the key policy are.
    roots: Option<TrustStore>,
    mode: Mode,
    algorithms: WebPkiSupportedAlgorithms,
    server_name: ServerNameCheck,
    client_is_mandatory: bool,
    allowed_sans: Option<Vec<String>>,
    hints: Vec<DistinguishedName>,
}

impl PeerVerifier {
    pub(crate) fn of_server(
        mode: Mode,
        roots: Option<TrustStore>,
        server_name: ServerNameCheck,
    ) -> Self {
        Self {
            roots,
            mode,
            algorithms: signature_algorithms(mode),
            server_name,
            client_is_mandatory: false,
            allowed_sans: None,
            hints: Vec::new(),
        }
    }

    /// `hinted` are the authorities a client is told about.
    pub(crate) fn of_clients(
        mode: Mode,
        roots: Option<TrustStore>,
        hinted: Option<&TrustStore>,
        is_mandatory: bool,
        allowed_sans: Option<Vec<String>>,
    ) -> Self {
        let hinted = hinted.map_or(&[][..], TrustStore::certificates);
        Self {
            client_is_mandatory: is_mandatory,
            allowed_sans,
            hints: hinted
                .iter()
                .map(|root| DistinguishedName::from(root.subject.clone()))
                .collect(),
            ..Self::of_server(mode, roots, ServerNameCheck::Requested)
        }
    }

    fn check_chain(
        &self,
        leaf: &Certificate,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        usage: Usage,
        host: Option<&str>,
    ) -> Result<(), VerifyError> {
        let Some(roots) = &self.roots else {
            return check_key(self.mode, "the peer's certificate", &leaf.key);
        };
        // Go refuses the handshake when any certificate of the message does not parse.
        let intermediates: Result<Vec<_>, _> = intermediates
            .iter()
            .map(|der| Certificate::parse(der))
            .collect();
        let search = Search {
            roots: roots.certificates(),
            intermediates: &intermediates.map_err(|_| VerifyError::Malformed)?,
            now: now.as_secs(),
            usage,
            algorithms: self.algorithms,
            mode: self.mode,
        };
        search.verify(leaf, host)
    }

    fn check_allowed(&self, leaf: &Certificate) -> Result<(), VerifyError> {
        let Some(allowed) = &self.allowed_sans else {
            return Ok(());
        };
        let names = leaf.extensions.alternative_names.as_ref();
        if names.is_some_and(|names| names.texts().any(|name| allowed.contains(&name))) {
            return Ok(());
        }
        Err(VerifyError::NotAllowed(allowed.clone()))
    }

    fn check_handshake(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        is_tls13: bool,
    ) -> Result<HandshakeSignatureValid, Error> {
        let unadvertised = Error::from(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme);
        if is_tls13 && PKCS1_SCHEMES.contains(&signed.scheme) {
            return Err(unadvertised); // RFC 8446 section 4.2.3: in certificates only
        }
        let mapping = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme);
        let (_, mut candidates) = *mapping.ok_or(unadvertised)?;
        if is_tls13 {
            candidates = &candidates[..1]; // TLS 1.3 ties each scheme to one curve
        }
        let key = parse(certificate)?.key;
        let algorithm = candidates
            .iter()
            .find(|algorithm| algorithm.public_key_alg_id().as_ref() == key.algorithm);
        let algorithm = algorithm.ok_or(CertificateError::BadSignature)?;
        algorithm
            .verify_signature(&key.bits, message, signed.signature())
            .map_err(|_| CertificateError::BadSignature)?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms
            .mapping
            .iter()
            .map(|(scheme, _)| *scheme)
            .collect()
    }
}

fn parse(der: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::parse(der).map_err(|_| VerifyError::Malformed.into())
}

impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let leaf = parse(end_entity)?;
        let requested = server_name.to_str();
        let host = match &self.server_name {
            ServerNameCheck::Requested => &requested,
            ServerNameCheck::Override(name) => name.as_str(),
        };
        self.check_chain(&leaf, intermediates, now, Usage::ServerAuth, Some(host))?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_handshake(message, cert, dss, false)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_handshake(message, cert, dss, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

impl ClientCertVerifier for PeerVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.client_is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let leaf = parse(end_entity)?;
        self.check_chain(&leaf, intermediates, now, Usage::ClientAuth, None)?;
        self.check_allowed(&leaf)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_handshake(message, cert, dss, false)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_handshake(message, cert, dss, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

const PKCS1_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

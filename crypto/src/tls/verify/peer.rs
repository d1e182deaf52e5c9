//! Our verification in the places where rustls asks for one.

use std::path::PathBuf;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved,
    SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::WebPkiSupportedAlgorithms,
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{
    VerifyError, names,
    path::{Search, Usage, check_key},
    revocation,
};
use crate::{
    pki::certificate::{Certificate, SubjectKey},
    settings::Mode,
    tls::{AllowedClients, TrustStore, selection::signature_algorithms},
};

/// Which name a server must have.
#[derive(Clone, Debug)]
pub(crate) enum ServerNameCheck {
    /// The one the connection was opened to.
    Requested,
    /// Another one, whatever the connection was opened to.
    Override(String),
}

/// What a server asks of its clients beyond a chain to a trusted certificate.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientRules {
    pub(crate) is_mandatory: bool,
    pub(crate) allowed: AllowedClients,
    pub(crate) revocation_list: Option<PathBuf>,
}

/// Verifies the other side of a connection: a server's clients, or a client's server.
#[derive(Debug)]
pub(crate) struct PeerVerifier {
    /// `None`: the chain is not looked at, only the handshake signature and the key policy are.
    roots: Option<TrustStore>,
    mode: Mode,
    algorithms: WebPkiSupportedAlgorithms,
    server_name: ServerNameCheck,
    clients: ClientRules,
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
            clients: ClientRules::default(),
            hints: Vec::new(),
        }
    }

    /// `hinted` are the authorities a client is told about.
    pub(crate) fn of_clients(
        mode: Mode,
        roots: Option<TrustStore>,
        hinted: Option<&TrustStore>,
        clients: ClientRules,
    ) -> Self {
        let hinted = hinted.map_or(&[][..], TrustStore::certificates);
        Self {
            clients,
            hints: hinted
                .iter()
                .map(|root| DistinguishedName::from(root.subject.clone()))
                .collect(),
            ..Self::of_server(mode, roots, ServerNameCheck::Requested)
        }
    }

    /// True when a client's certificate decides whether it gets in.
    pub(crate) fn judges(&self) -> bool {
        let rules = &self.clients;
        self.roots.is_some()
            || rules.allowed != AllowedClients::Any
            || rules.revocation_list.is_some()
    }

    /// Checks what the peer presented, its own certificate first.
    fn check_chain(
        &self,
        presented: &[Certificate],
        now: UnixTime,
        usage: Usage,
        host: Option<&str>,
    ) -> Result<(), VerifyError> {
        let (leaf, intermediates) = presented.split_first().ok_or(VerifyError::Malformed)?;
        let Some(roots) = &self.roots else {
            return check_key(self.mode, "the peer's certificate", &leaf.key);
        };
        let search = Search {
            roots: roots.certificates(),
            intermediates,
            now: now.as_secs(),
            usage,
            algorithms: self.algorithms,
            mode: self.mode,
        };
        search.verify(leaf, host)
    }

    fn check_allowed(&self, leaf: &Certificate) -> Result<(), VerifyError> {
        let refusal = match &self.clients.allowed {
            AllowedClients::Any => return Ok(()),
            AllowedClients::Sans(sans) => VerifyError::NotAllowed(sans.clone()),
            AllowedClients::CommonNames(_) | AllowedClients::HostNames(_) => {
                VerifyError::NotAuthenticated
            }
        };
        let is_allowed = match &self.clients.allowed {
            AllowedClients::Any => true,
            AllowedClients::Sans(sans) => leaf
                .extensions
                .alternative_names
                .as_ref()
                .is_some_and(|names| names.texts().any(|name| sans.contains(&name))),
            // Go's name of a certificate without a common name is empty.
            AllowedClients::CommonNames(allowed) => {
                allowed.contains(&leaf.common_name.clone().unwrap_or_default())
            }
            AllowedClients::HostNames(allowed) => {
                allowed.iter().any(|host| names::check(leaf, host).is_ok())
            }
        };
        if is_allowed { Ok(()) } else { Err(refusal) }
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
        let key = SubjectKey::of_certificate(certificate);
        let key = key.map_err(|_| Error::from(VerifyError::Malformed))?;
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

/// Parses everything the peer presented: as in Go, one certificate that does not parse ends the handshake.
fn parse_all(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Result<Vec<Certificate>, Error> {
    [end_entity]
        .into_iter()
        .chain(intermediates)
        .map(parse)
        .collect()
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
        let presented = parse_all(end_entity, intermediates)?;
        let requested = server_name.to_str();
        let host = match &self.server_name {
            ServerNameCheck::Requested => &requested,
            ServerNameCheck::Override(name) => name.as_str(),
        };
        self.check_chain(&presented, now, Usage::ServerAuth, Some(host))?;
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
        self.clients.is_mandatory
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
        let presented = parse_all(end_entity, intermediates)?;
        self.check_chain(&presented, now, Usage::ClientAuth, None)?;
        self.check_allowed(&presented[0])?;
        if let Some(path) = &self.clients.revocation_list {
            revocation::check(path, &presented)?;
        }
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

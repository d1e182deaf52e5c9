//! Client certificate modes under Go's names.

use std::str::FromStr;

use crate::{pki::certificate::Certificate, tls::TlsError};

/// What a server asks of its clients' certificates.
///
/// Source: Go crypto/tls `ClientAuthType`; exporter-toolkit `client_auth_type`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ClientAuth {
    /// Ask for none (default).
    #[default]
    NoClientCert,
    /// Ask, take none or any, verify nothing but possession of the key.
    RequestClientCert,
    /// Ask, refuse clients without one, verify nothing but possession of the key.
    RequireAnyClientCert,
    /// Ask; a certificate that is sent must verify.
    VerifyClientCertIfGiven,
    /// Ask; a certificate must be sent and verify.
    RequireAndVerifyClientCert,
}

impl ClientAuth {
    /// True when a client without a certificate is refused.
    #[must_use]
    pub fn is_mandatory(self) -> bool {
        matches!(
            self,
            Self::RequireAnyClientCert | Self::RequireAndVerifyClientCert
        )
    }

    /// True when certificates are checked against the trust store.
    #[must_use]
    pub fn verifies(self) -> bool {
        matches!(
            self,
            Self::VerifyClientCertIfGiven | Self::RequireAndVerifyClientCert
        )
    }
}

/// Reads Go's names; the empty string is `NoClientCert`, `RequireClientCert` the older name of `RequireAnyClientCert`.
impl FromStr for ClientAuth {
    type Err = TlsError;

    fn from_str(name: &str) -> Result<Self, TlsError> {
        match name {
            "" | "NoClientCert" => Ok(Self::NoClientCert),
            "RequestClientCert" => Ok(Self::RequestClientCert),
            "RequireAnyClientCert" | "RequireClientCert" => Ok(Self::RequireAnyClientCert),
            "VerifyClientCertIfGiven" => Ok(Self::VerifyClientCertIfGiven),
            "RequireAndVerifyClientCert" => Ok(Self::RequireAndVerifyClientCert),
            _ => Err(TlsError::InvalidClientAuth(name.to_owned())),
        }
    }
}

/// Which of the clients that present a certificate are let in, after everything else about it was found good.
///
/// With a list, a client without a certificate is refused, whatever the mode allows: Go's servers do not survive one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum AllowedClients {
    /// All of them (default).
    #[default]
    Any,
    /// Those whose certificate carries one of these DNS names, e-mail addresses, IPs or URIs, exactly.
    ///
    /// Source: exporter-toolkit `client_allowed_sans`.
    Sans(Vec<String>),
    /// Those whose certificate's common name is one of these, exactly.
    ///
    /// Source: etcd transport/listener.go `AllowedCNs`.
    CommonNames(Vec<String>),
    /// Those whose certificate is valid for one of these host names, as a server's would be.
    ///
    /// Source: etcd transport/listener.go `AllowedHostnames`.
    HostNames(Vec<String>),
}

/// Returns the common name of a certificate's subject, the last one if there are several; none without one.
///
/// `certificate` is DER, such as a session has it of its client.
#[must_use]
pub fn common_name(certificate: &[u8]) -> Option<String> {
    Certificate::parse(certificate).ok()?.common_name
}

#[cfg(test)]
mod tests {
    use super::ClientAuth;

    #[test]
    fn go_names_are_read_and_others_refused_with_upstreams_text() {
        assert_eq!("".parse::<ClientAuth>().unwrap(), ClientAuth::NoClientCert);
        assert_eq!(
            "RequireClientCert".parse::<ClientAuth>().unwrap(),
            ClientAuth::RequireAnyClientCert
        );
        assert_eq!(
            "Sometimes".parse::<ClientAuth>().unwrap_err().to_string(),
            "invalid ClientAuth: Sometimes"
        );
    }
}

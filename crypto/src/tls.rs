//! TLS configurations: the only way in the house to get one.
//!
//! [`ServerConfigBuilder`] and [`ClientConfigBuilder`] take Go's names and give rustls configurations on our provider
//! and under our policy. Verification follows Go's crypto/x509 (`verify`), lists follow exporter-toolkit and etcd
//! (`names`), files are watched by `reload`.

mod alert;
mod client;
mod client_auth;
mod error;
mod identity;
pub(crate) mod names;
pub mod reload;
pub(crate) mod selection;
mod server;
mod trust;
mod verify;
mod version;

#[cfg(feature = "test-util")]
pub(crate) use self::verify::fuzz_certificate_path;
pub use self::{
    client::ClientConfigBuilder,
    client_auth::{AllowedClients, ClientAuth, common_name},
    error::{TlsError, handshake_error_text},
    identity::{Identity, IdentityError, OnBrokenFiles},
    names::{Dialect, http2_cipher_check},
    server::{Built, ServerConfigBuilder},
    trust::TrustStore,
    verify::VerifyError,
    version::Version,
};

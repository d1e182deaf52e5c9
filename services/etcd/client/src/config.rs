//! What a client is started with.

use std::{fmt, sync::Arc, time::Duration};

use tokio_rustls::rustls;

/// Settings of a [`crate::Client`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Servers, as `host:port`, `http://…`, `https://…`, `unix:…` or `unixs:…`. All are used in turn.
    pub endpoints: Vec<String>,
    /// TLS for every connection, whatever the endpoints' schemes say; none is plain text. [`crate::TlsFiles::load`]
    /// decides by the first endpoint, as upstream does.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// Who the client is.
    pub credentials: Credentials,
    /// How long fetching the first token may take; zero is for ever.
    pub dial_timeout: Duration,
    /// Time without news from the server after which a connection with open calls is probed; zero is never, less than
    /// 10 s counts as 10 s, as in gRPC.
    pub keepalive_time: Duration,
    /// How long the answer to a probe may take.
    pub keepalive_timeout: Duration,
    /// Largest request sent, in bytes (upstream: 2 MiB).
    pub request_bytes_max: usize,
    /// Largest answer taken, in bytes (upstream: 2^31 - 1).
    pub response_bytes_max: usize,
    /// The name that stands before the client's log lines.
    pub logger: &'static str,
}

impl Config {
    /// Largest request when nothing else is set.
    pub const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;
    /// Largest answer when nothing else is set.
    pub const RESPONSE_BYTES_MAX: usize = i32::MAX as usize;
}

/// Who a client says it is.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nobody, or whoever its certificate names.
    #[default]
    None,
    /// A user; the client fetches tokens with the password.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token made elsewhere, never renewed.
    Token(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Password { user, .. } => write!(f, "Password({user}:***)"),
            Self::Token(_) => f.write_str("Token(***)"),
        }
    }
}

//! System and TLS errors in the words Go has for them, as users of upstream know them.

use std::{error::Error, io};

use tokio_rustls::rustls;

/// Returns what went wrong while connecting, as `connect: connection refused`.
pub(super) fn connect_error(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => format!("connect: {}", io_error(error)),
        None => io_error(error),
    }
}

/// Returns the system's word for an error in lower case, without its number.
pub(super) fn io_error(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "EOF".to_owned();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}

/// Returns why a TLS handshake failed.
pub(super) fn handshake_error(error: &io::Error) -> String {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(inner) = inner else {
        return io_error(error);
    };
    let text = crypto::tls::handshake_error_text(inner);
    let refused = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
    // etcd's own --auto-tls makes such keys.
    if *inner == refused && crypto::provider() == crypto::Provider::Ring {
        return format!(
            "{text}; a server with a P-521 key cannot be talked to: provider ring does not implement P-521; build with \
             aws-lc or fips"
        );
    }
    text
}

/// Returns an error with its causes; a system error at the end is told in Go's words.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        texts.push(
            error
                .downcast_ref::<io::Error>()
                .map_or_else(|| error.to_string(), io_error),
        );
        next = error.source();
    }
    texts.dedup();
    texts.join(": ")
}

//! System and TLS errors in the words Go has for them, as users of upstream know them.

use std::{error::Error, io, iter};

use tokio_rustls::rustls;

/// Returns what went wrong while connecting, as `connect: connection refused`.
pub(super) fn connect_error(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => format!("connect: {}", io_error(error)),
        None => io_error(error),
    }
}

/// Returns the system's word for an error in lower case, without its number; what TLS says as it is.
pub(super) fn io_error(error: &io::Error) -> String {
    let inner = error.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return crypto::tls::handshake_error_text(tls);
    }
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

/// Returns an error with its causes; of one that comes from the system, or from TLS, only that is told, as in Go.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<_> = iter::successors(Some(error), |&error| error.source()).collect();
    let mut systems = causes.iter().filter_map(|error| error.downcast_ref());
    if let Some(system) = systems.next() {
        return io_error(system);
    }
    let mut texts: Vec<_> = causes.iter().map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("connection error")]
    struct Broken(#[source] io::Error);

    #[test]
    fn of_a_broken_connection_the_alert_or_the_system_s_word_is_told() {
        let alert = rustls::AlertDescription::CertificateRequired;
        let refused = Broken(io::Error::other(rustls::Error::AlertReceived(alert)));
        assert_eq!(chain(&refused), "remote error: tls: certificate required");
        let reset = Broken(io::Error::from_raw_os_error(104));
        assert_eq!(chain(&reset), "connection reset by peer");
        let ended = Broken(io::Error::from(io::ErrorKind::UnexpectedEof));
        assert_eq!(chain(&ended), "EOF");
    }
}

//! The server: listeners in, connections out, and the orderly end.
//!
//! Source: Go net/http server.go `Server.Serve`; exporter-toolkit web/tls_config.go `ServeMultiple`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tracing::{error, info};

use crate::{
    activity::Activity,
    connection,
    gate::Gate,
    http2::{Http2, Nobody},
    limits::Limits,
    listen::{Acceptor, Listener},
    registry::Registry,
    service::{Handler, Shared},
    shutdown::Shutdown,
    tls::{Tls, TlsFiles, TlsSetupError, WebTls},
    web_config::{ConfigFile, WebConfigError},
};

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A listener cannot be registered with the runtime.
    #[error("register the listener {address}")]
    Register {
        /// Where it listens.
        address: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The web configuration cannot be used.
    #[error(transparent)]
    WebConfig(#[from] WebConfigError),
    /// Its TLS part cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The crypto report could not be written again after the web configuration was read.
    #[error(transparent)]
    CryptoReport(crypto::StartError),
}

/// Serves one handler on any number of listeners.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listener>,
    style: Style,
    limits: Limits,
}

/// Whose server this looks like.
#[derive(Debug)]
enum Style {
    /// A program's only one, as exporter-toolkit makes it: its web configuration, its log lines, news to systemd.
    Exporter { web_config: Option<PathBuf> },
    /// One of several in a program that says itself what there is to say.
    Part {
        tls: Option<TlsFiles>,
        refused: Option<Refused>,
    },
}

/// Told of a client whose TLS handshake failed: its address, and why, in Go's words.
pub type Refused = fn(remote: &str, error: &str);

impl Server {
    /// Takes the listeners to serve on, as exporter-toolkit does: [`Self::web_config`], its log lines, news to systemd.
    #[must_use]
    pub fn new(listeners: Vec<Listener>) -> Self {
        Self {
            listeners,
            style: Style::Exporter { web_config: None },
            limits: Limits::default(),
        }
    }

    /// Takes the listeners of one of the servers of a program, which itself logs them and tells systemd. TLS is as given.
    #[must_use]
    pub fn part(listeners: Vec<Listener>, tls: Option<TlsFiles>) -> Self {
        Self {
            listeners,
            style: Style::Part { tls, refused: None },
            limits: Limits::default(),
        }
    }

    /// Sets the web configuration file (default and empty: none, plain HTTP for everybody). Not for a [`Self::part`].
    #[must_use]
    pub fn web_config(mut self, path: impl Into<PathBuf>) -> Self {
        let path = Some(path.into()).filter(|path| !path.as_os_str().is_empty());
        self.style = Style::Exporter { web_config: path };
        self
    }

    /// Sets who is told of handshakes that failed (default: the log, in the words of Go's server). Only for a
    /// [`Self::part`].
    #[must_use]
    pub fn on_refused(mut self, tell: Refused) -> Self {
        if let Style::Part { refused, .. } = &mut self.style {
            *refused = Some(tell);
        }
        self
    }

    /// Sets the bounds on clients (default: [`Limits::default`]).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Serves until `stop` is triggered, then closes the listeners and gives requests in flight [`Limits::drain`].
    ///
    /// # Errors
    /// [`ServeError`] before the first connection is accepted. Afterwards nothing ends it but `stop`.
    pub async fn serve<H: Handler>(self, handler: H, stop: Shutdown) -> Result<(), ServeError> {
        self.serve_all(handler, None::<Nobody>, stop).await
    }

    /// The same, with HTTP/2 connections served by the service itself, in the clear too.
    ///
    /// # Errors
    /// As [`Self::serve`].
    pub async fn serve_with<H: Handler, P: Http2>(
        self,
        handler: H,
        http2: P,
        stop: Shutdown,
    ) -> Result<(), ServeError> {
        self.serve_all(handler, Some(http2), stop).await
    }

    async fn serve_all<H: Handler, P: Http2>(
        self,
        handler: H,
        http2: Option<P>,
        stop: Shutdown,
    ) -> Result<(), ServeError> {
        let addresses: Vec<String> = self.listeners.iter().map(Listener::shown).collect();
        let is_alone = matches!(self.style, Style::Exporter { .. });
        let (gate, tls, refused) = match self.style {
            Style::Exporter { web_config } => {
                let web = Web::start(web_config.as_deref(), &addresses)?;
                (web.gate, web.tls.map(Tls::Web), None)
            }
            Style::Part { tls, refused } => (None, tls.map(Tls::Made), refused),
        };
        let mut acceptors = Vec::with_capacity(self.listeners.len());
        for (listener, address) in self.listeners.into_iter().zip(addresses) {
            let registered = Acceptor::new(listener);
            acceptors.push(registered.map_err(|source| ServeError::Register { address, source })?);
        }
        let shared = Arc::new(Shared {
            handler,
            http2,
            gate,
            tls,
            refused: refused.unwrap_or(log_refused),
            limits: self.limits,
        });
        let registry = Arc::new(Registry::default());
        let loops: Vec<_> = acceptors
            .into_iter()
            .map(|acceptor| tokio::spawn(accept(acceptor, shared.clone(), registry.clone())))
            .collect();
        if is_alone {
            kit_guard::ready();
        }
        stop.triggered().await;
        if is_alone {
            kit_guard::notify::stopping();
        }
        for accepting in loops {
            accepting.abort();
            // Waiting closes the listener before the drain begins; the only outcome is the abort.
            let _ = accepting.await;
        }
        registry.retire_all();
        let _ = tokio::time::timeout(self.limits.drain, registry.emptied()).await;
        Ok(())
    }
}

/// What a web configuration adds to a server.
#[derive(Default)]
struct Web {
    gate: Option<Gate>,
    tls: Option<WebTls>,
}

impl Web {
    /// Reads the web configuration and says what it means for each address, in upstream's order and words.
    fn start(path: Option<&Path>, addresses: &[String]) -> Result<Self, ServeError> {
        if let (Some(address), Some(_)) = (addresses.first(), path) {
            info!(address, "Listening on"); // upstream's text; the others follow once the file has proven good
        }
        let mut web = Self::default();
        if let Some(path) = path {
            let file = Arc::new(ConfigFile::open(path)?);
            let document = file.current()?;
            let rate_limit = document.rate_limit;
            if rate_limit.interval_ns != 0 {
                let interval = rate_limit.interval_text();
                info!(
                    burst = rate_limit.burst,
                    interval, "Rate Limiter is enabled."
                ); // upstream's text
            }
            if !document.users.is_empty() {
                // Their bcrypt hashes add to what the report has to say.
                crypto::deliver_report().map_err(ServeError::CryptoReport)?;
            }
            web.gate = Some(Gate::new(file.clone(), &document));
            web.tls = WebTls::new(file, &document)?;
        }
        for (index, address) in addresses.iter().enumerate() {
            if index > 0 || path.is_none() {
                info!(address, "Listening on"); // upstream's text
            }
            match &web.tls {
                None => info!(http2 = false, address, "TLS is disabled."), // upstream's text
                Some(tls) => info!(http2 = tls.http2(), address, "TLS is enabled."), // upstream's text
            }
        }
        if let Some(tls) = &web.tls {
            tls.check_http2()?;
        }
        Ok(web)
    }
}

fn log_refused(remote: &str, error: &str) {
    info!("http: TLS handshake error from {remote}: {error}"); // Go's text
}

/// Accepts for ever; each connection gets its own task, so that none holds up another.
async fn accept<H: Handler, P: Http2>(
    acceptor: Acceptor,
    shared: Arc<Shared<H, P>>,
    registry: Arc<Registry>,
) {
    let mut pause = Duration::ZERO;
    loop {
        registry.room(shared.limits.connections_max).await;
        match acceptor.accept().await {
            Ok((stream, remote)) => {
                pause = Duration::ZERO;
                let activity = Activity::new();
                let place = registry.enter(activity.clone());
                let shared = shared.clone();
                tokio::spawn(async move {
                    connection::serve(shared, stream, remote, activity).await;
                    drop(place);
                });
            }
            Err(error) => {
                pause = (pause * 2).clamp(ACCEPT_PAUSE_MIN, ACCEPT_PAUSE_MAX);
                error!("http: Accept error: {error}; retrying in {pause:?}"); // Go's text
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Pauses after a failed accept, as Go's server makes them.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(5);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

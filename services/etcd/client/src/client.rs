//! Calls: each is tried, told apart by its error, and tried again or given up.
//!
//! Source: etcd v3.7 client/v3/client.go; retry_interceptor.go, `unaryClientInterceptor`.

use std::{pin::Pin, sync::Arc, time::Duration};

use etcd_api::etcdserverpb::{
    AlarmMember, AlarmRequest, AlarmResponse, alarm_request::AlarmAction,
};
use parking_lot::RwLock;
use prost::Message;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{
    Code, Request, Response, Status,
    metadata::{Ascii, MetadataMap, MetadataValue},
};
use tracing::warn;

use crate::{
    channel::Channel,
    config::{Config, Credentials},
    connection::{Connection, Dialler},
    endpoint::Endpoint,
    error::{Error, status_text},
    retry::{self, Policy},
};

mod calls;

/// A client of a cluster. Cheap to clone; clones share connections and token.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    endpoints: Vec<Endpoint>,
    channel: Channel,
    token: RwLock<Option<MetadataValue<Ascii>>>,
}

/// How long one call may take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call {
    deadline: Option<Instant>,
}

impl Call {
    /// A call that may take this long, tries included.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self {
            deadline: Some(Instant::now() + time),
        }
    }

    /// A call without a limit.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { deadline: None }
    }

    pub(crate) const fn deadline(self) -> Option<Instant> {
        self.deadline
    }

    /// Returns whether the time is over.
    fn is_over(self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }
}

impl Client {
    /// Starts connecting to all endpoints and fetches the first token. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`Error::NoEndpoints`], [`Error::Limits`], and whatever fetching the token answers.
    pub async fn connect(config: Config) -> Result<Self, Error> {
        if config.endpoints.is_empty() {
            return Err(Error::NoEndpoints);
        }
        if config.request_bytes_max > config.response_bytes_max {
            return Err(Error::Limits {
                request: config.request_bytes_max,
                response: config.response_bytes_max,
            });
        }
        let endpoints: Vec<Endpoint> = config
            .endpoints
            .iter()
            .map(|text| Endpoint::parse(text))
            .collect();
        let dialler = Dialler {
            tls: config.tls.clone(),
            keepalive_time: config.keepalive_time,
            keepalive_timeout: config.keepalive_timeout,
        };
        let client = Self(Arc::new(Inner {
            channel: Channel::new(&endpoints, &dialler),
            token: RwLock::new(None),
            endpoints,
            config,
        }));
        let call = match client.0.config.dial_timeout {
            Duration::ZERO => Call::unlimited(),
            time => Call::within(time),
        };
        client.fetch_token(call).await?;
        Ok(client)
    }

    /// Returns the endpoints as they were given.
    #[must_use]
    pub fn endpoints(&self) -> &[String] {
        &self.0.config.endpoints
    }

    /// Starts a client of one of the endpoints, for calls that are about that server.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn at(&self, endpoint: &str) -> Result<Self, Error> {
        Self::connect(Config {
            endpoints: vec![endpoint.to_owned()],
            ..self.0.config.clone()
        })
        .await
    }

    /// Clears an alarm; the default one, with neither member nor type, stands for all there are.
    ///
    /// # Errors
    /// [`Error`] of the first call that failed.
    ///
    /// Source: etcd v3.7 client/v3/maintenance.go, `AlarmDisarm`.
    pub async fn disarm(&self, call: Call, alarm: AlarmMember) -> Result<AlarmResponse, Error> {
        let request = |action: AlarmAction, alarm: AlarmMember| AlarmRequest {
            action: action.into(),
            member_id: alarm.member_id,
            alarm: alarm.alarm,
        };
        if alarm != AlarmMember::default() {
            return self
                .alarm(call, request(AlarmAction::Deactivate, alarm))
                .await;
        }
        let all = self.alarm(call, request(AlarmAction::Get, alarm)).await?;
        let mut cleared = AlarmResponse::default();
        for alarm in all.alarms {
            let answer = self
                .alarm(call, request(AlarmAction::Deactivate, alarm))
                .await?;
            cleared.alarms.extend(answer.alarms);
        }
        Ok(cleared)
    }

    /// Fetches a token for a user with a password; a token from elsewhere is taken as it is.
    pub(crate) async fn fetch_token(&self, call: Call) -> Result<(), Error> {
        let token = match &self.0.config.credentials {
            Credentials::None => return Ok(()),
            Credentials::Token(token) => token.clone(),
            Credentials::Password { user, password } => {
                if user.is_empty() || password.is_empty() {
                    return Ok(());
                }
                let request = etcd_api::etcdserverpb::AuthenticateRequest {
                    name: user.clone(),
                    password: password.clone(),
                };
                // A call inside a call: boxed, for it may fetch a token itself.
                match Box::pin(self.authenticate(call, request)).await {
                    Ok(answer) => answer.token,
                    Err(error) if error.is(etcd_api::Error::AuthNotEnabled) => String::new(),
                    Err(error) => return Err(error),
                }
            }
        };
        *self.0.token.write() = match token.as_str() {
            "" => None,
            text => Some(
                MetadataValue::try_from(text)
                    .map_err(|_| Status::internal("the token is not a header value"))?,
            ),
        };
        Ok(())
    }

    /// Takes a connection for a stream, having fetched a fresh token: the old one may have expired since.
    pub(crate) async fn stream_connection(&self, call: Call) -> Result<Connection, Error> {
        self.fetch_token(call).await?;
        self.0.channel.ready(call.deadline).await.map_err(|status| {
            if call.is_over() {
                Error::DeadlineExceeded
            } else {
                status.into()
            }
        })
    }

    /// Writes what every request carries: version, token, and whether a leader is wanted.
    pub(crate) fn describe(&self, metadata: &mut MetadataMap, wants_leader: bool) {
        metadata.insert("client-api-version", MetadataValue::from_static("3.7"));
        if wants_leader {
            metadata.insert("hasleader", MetadataValue::from_static("true"));
        }
        if let Some(token) = &*self.0.token.read() {
            metadata.insert("token", token.clone());
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Tries a call until it is answered, must not be tried again, or is out of time.
    async fn unary<Q, R>(
        &self,
        call: Call,
        rpc: &Rpc<'_>,
        request: Q,
        send: impl Fn(Connection, Request<Q>) -> Sending<R>,
    ) -> Result<R, Error>
    where
        Q: Clone + Message,
    {
        let endpoints = self.0.endpoints.len();
        let mut attempt = 0;
        loop {
            let mut peer = NOBODY.to_owned();
            let tried = self.attempt(call, request.clone(), &mut peer, &send).await;
            let status = match tried {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            self.tell(rpc, &peer, attempt, &status);
            attempt += 1;
            if is_about_time(&status) {
                if call.is_over() {
                    return Err(Error::DeadlineExceeded);
                }
            } else if self.wants_token(&status) {
                if self.has_password() {
                    self.fetch_token(call).await?;
                }
            } else if !rpc.policy.retries(&status, endpoints) {
                return Err(status.into());
            }
            if attempt == retry::ATTEMPTS_MAX {
                return Err(status.into());
            }
            let pause = retry::pause(attempt, endpoints);
            match call.deadline {
                Some(deadline) if deadline <= Instant::now() + pause => {
                    tokio::time::sleep_until(deadline).await;
                    return Err(Error::DeadlineExceeded);
                }
                _ => sleep(pause).await,
            }
        }
    }

    async fn attempt<Q, R>(
        &self,
        call: Call,
        message: Q,
        peer: &mut String,
        send: impl Fn(Connection, Request<Q>) -> Sending<R>,
    ) -> Result<R, Status>
    where
        Q: Message,
    {
        let connection = self.0.channel.ready(call.deadline).await?;
        *peer = connection.peer().to_string();
        let size = message.encoded_len();
        let limit = self.0.config.request_bytes_max;
        if size > limit {
            // Upstream's text: grpc-go stream.go.
            return Err(Status::resource_exhausted(format!(
                "trying to send message larger than max ({size} vs. {limit})"
            )));
        }
        let mut request = Request::new(message);
        self.describe(request.metadata_mut(), false);
        let Some(deadline) = call.deadline else {
            return Ok(send(connection, request).await?.into_inner());
        };
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        match timeout_at(deadline, send(connection, request)).await {
            Ok(answer) => Ok(answer?.into_inner()),
            Err(_) => Err(Status::deadline_exceeded("context deadline exceeded")),
        }
    }

    fn tell(&self, rpc: &Rpc<'_>, peer: &str, attempt: usize, status: &Status) {
        warn!(
            logger = self.0.config.logger,
            caller = "v3@v3.7.3/retry_interceptor.go:68",
            "target" = self.target(),
            peer,
            method = rpc.path,
            attempt,
            error = status_text(status),
            "retrying of unary invoker failed"
        );
    }

    /// Returns the client's name in log lines; upstream has the address of an object in the middle.
    fn target(&self) -> String {
        let address = Arc::as_ptr(&self.0);
        let authority = self.0.endpoints.first().map_or("", Endpoint::authority);
        format!("etcd-endpoints://{address:p}/{authority}")
    }

    /// Source: retry_interceptor.go, `shouldRefreshToken`.
    fn wants_token(&self, status: &Status) -> bool {
        if matches!(self.0.config.credentials, Credentials::Token(_)) {
            return false;
        }
        match etcd_api::Error::from_text(status.message()) {
            Some(etcd_api::Error::UserEmpty) => self.has_password(),
            Some(etcd_api::Error::InvalidAuthToken | etcd_api::Error::AuthOldRevision) => true,
            _ => false,
        }
    }

    fn has_password(&self) -> bool {
        matches!(&self.0.config.credentials, Credentials::Password { user, password }
            if !user.is_empty() && !password.is_empty())
    }
}

/// A call on its way. Boxed, so that a future that holds one can move between threads.
type Sending<R> = Pin<Box<dyn Future<Output = Result<Response<R>, Status>> + Send>>;

/// A method of a service and how it may be repeated.
struct Rpc<'a> {
    path: &'a str,
    policy: Policy,
}

fn is_about_time(status: &Status) -> bool {
    matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled)
}

/// What stands for the server when none was reached.
const NOBODY: &str = "Peer{Addr: <nil>, LocalAddr: <nil>, AuthInfo: <nil>}";

//! Leases: granting, keeping alive, looking at them, and ending those whose time is over.
//!
//! Source: etcd v3.7 v3rpc/lease.go; server/etcdserver/v3_server.go; server.go `revokeExpiredLeases`.

use std::{task::Poll, time::Instant};

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        InternalRaftRequest, LeaseCheckpointRequest, LeaseGrantRequest, LeaseKeepAliveRequest,
        LeaseKeepAliveResponse, LeaseLeasesResponse, LeaseRevokeRequest, LeaseStatus,
        LeaseTimeToLiveRequest, LeaseTimeToLiveResponse,
    },
};
use etcd_auth::{AuthInfo, Identified};
use etcd_lease::Renewal;
use prost::Message as _;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use super::{decode, decode_streamed};
use crate::{
    apply::Keys,
    call::{Call, Caller, Reply, Stream, frame},
    engine::{Engine, Report},
    method::Method,
    quota,
    refusal::Refusal,
};

impl Engine {
    /// Proposes a grant. A lease without a number gets one here, so that it is the same on every member.
    pub(super) fn grant(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let checked = self
            .check_room(quota::LEASE_BYTES)
            .and_then(|()| self.check_user(who))
            .and_then(|()| decode::<LeaseGrantRequest>(call.message.clone()));
        match checked {
            Err(status) => Err((call.reply, status)),
            Ok(mut request) => {
                if request.id == 0 {
                    request.id = self.ids.next_lease();
                }
                self.propose(8, &request.encode_to_vec(), who, call)
            }
        }
    }

    /// Answers what is asked of leases.
    pub(super) fn leases(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let answer = match call.method {
            Method::LeaseTimeToLive => decode(call.message)
                .and_then(|request| self.time_to_live(&request, who).map_err(Status::from)),
            _ => decode(call.message).and_then(|()| Ok(self.lease_list(who)?)),
        };
        match answer {
            Ok(frame) => call.reply.framed(frame),
            Err(status) => return Err((call.reply, status)),
        }
        Ok(())
    }

    fn time_to_live(
        &self,
        request: &LeaseTimeToLiveRequest,
        who: &AuthInfo,
    ) -> Result<Bytes, Refusal> {
        let lessor = &self.state.lessor;
        self.state.auth.check_user(who.who())?;
        if request.keys {
            self.state
                .auth
                .check_lease_read(who.who(), request.id, &Keys(lessor))?;
        }
        let mut response = LeaseTimeToLiveResponse {
            header: Some(self.header()),
            id: request.id,
            ttl: -1,
            granted_ttl: 0,
            keys: Vec::new(),
        };
        let found = lessor.time_to_live(request.id, Instant::now());
        // A lease that is over is as good as gone.
        if let Some(found) = found.filter(|found| found.remaining.is_none_or(|left| left >= 0)) {
            response.ttl = found.remaining.unwrap_or(found.granted);
            response.granted_ttl = found.granted;
            if request.keys {
                let keys = lessor.keys(request.id);
                response.keys = keys.map(Bytes::copy_from_slice).collect();
            }
        }
        Ok(frame(&response))
    }

    fn lease_list(&self, who: &AuthInfo) -> Result<Bytes, Refusal> {
        let lessor = &self.state.lessor;
        self.state.auth.check_user(who.who())?;
        let ids = lessor.ids_by_end();
        for id in &ids {
            self.state
                .auth
                .check_lease_read(who.who(), *id, &Keys(lessor))?;
        }
        Ok(frame(&LeaseLeasesResponse {
            header: Some(self.header()),
            leases: ids.into_iter().map(|id| LeaseStatus { id }).collect(),
        }))
    }

    /// Proposes the end of leases whose time is over.
    pub(crate) fn expire_leases(&mut self, now: Instant) {
        if !self.node.is_leader() {
            return;
        }
        for id in self.state.lessor.expired(now) {
            self.metrics.server.lease_expired_total.increment();
            self.propose_internal(InternalRaftRequest {
                lease_revoke: Some(LeaseRevokeRequest { id }),
                ..InternalRaftRequest::default()
            });
        }
        let checkpoints = self.state.lessor.due_checkpoints(now);
        if !checkpoints.is_empty() {
            self.propose_internal(InternalRaftRequest {
                lease_checkpoint: Some(LeaseCheckpointRequest { checkpoints }),
                ..InternalRaftRequest::default()
            });
        }
    }

    /// Keeps leases alive: one answer for each request, for as long as the client asks.
    ///
    /// The first request mostly came with its stream, and who renews now and then opens one each time: what it gets is found here,
    /// without a way to the task's stream and back.
    pub(super) fn keep_alive(&mut self, mut stream: Stream) {
        let first = match stream.requests.poll_now() {
            Poll::Ready(Ok(Some(message))) => Some(self.renew_of(&stream.caller, message)),
            Poll::Ready(Ok(None)) => return stream.replies.finish(Ok(())),
            Poll::Ready(Err(status)) => return stream.replies.finish(Err(status)),
            Poll::Pending => None,
        };
        tokio::spawn(keep_alive(self.reports.clone(), stream, first));
    }

    fn renew_of(&mut self, caller: &Caller, message: Bytes) -> Renewed {
        let request: LeaseKeepAliveRequest = decode_streamed(message)?;
        Ok(self.renew_for(caller, request.id)?)
    }

    /// Lets the time of a lease begin anew for somebody who may write all of its keys.
    ///
    /// Source: etcd v3.7 v3_server.go `checkLeaseRenew`.
    fn renew_for(&mut self, caller: &Caller, id: i64) -> Result<LeaseKeepAliveResponse, Refusal> {
        let Identified::As(who) = self.identify(caller)? else {
            return Err(ApiError::InvalidAuthToken.into());
        };
        let auth = &self.state.auth;
        auth.check_user(who.who())?;
        auth.check_lease_write(who.who(), id, &Keys(&self.state.lessor))?;
        self.renew(id)
    }

    /// Lets the time of a lease begin anew, for a task within the program: if it is gone, that shows when it is used.
    pub(super) fn renew_quietly(&mut self, id: i64) {
        drop(self.renew(id));
    }

    /// Lets the time of a lease begin anew. One that is gone or over has no time left, which is no error.
    fn renew(&mut self, id: i64) -> Result<LeaseKeepAliveResponse, Refusal> {
        let header = Some(self.header());
        let ttl = match self.state.lessor.renew(id, Instant::now()) {
            Ok(Renewal::Renewed(ttl)) => {
                self.metrics.store.lease_renewed_total.increment();
                ttl
            }
            Ok(Renewal::ClearCheckpoint) => {
                // What is left by the checkpoint is forgotten everywhere; until then the lease has it.
                self.propose_internal(InternalRaftRequest {
                    lease_checkpoint: Some(LeaseCheckpointRequest {
                        checkpoints: vec![etcd_api::etcdserverpb::LeaseCheckpoint {
                            id,
                            remaining_ttl: 0,
                        }],
                    }),
                    ..InternalRaftRequest::default()
                });
                let left = self.state.lessor.time_to_live(id, Instant::now());
                left.map_or(0, |left| left.granted)
            }
            Ok(Renewal::Over) | Err(etcd_lease::LeaseError::Known(ApiError::LeaseNotFound)) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(LeaseKeepAliveResponse { header, id, ttl })
    }
}

/// The answer to a request of a stream that keeps leases alive, or what ends the stream.
type Renewed = Result<LeaseKeepAliveResponse, Status>;

/// Answers a stream until it ends. The answer to the first request may be known.
async fn keep_alive(
    engine: mpsc::UnboundedSender<Report>,
    mut stream: Stream,
    mut first: Option<Renewed>,
) {
    let outcome = loop {
        let renewed = match first.take() {
            Some(renewed) => renewed,
            None => match stream.requests.next().await {
                Ok(Some(message)) => renew(&engine, stream.caller.clone(), message).await,
                Ok(None) => break Ok(()),
                Err(status) => break Err(status),
            },
        };
        match renewed {
            Ok(response) if stream.replies.send(frame(&response)).await.is_err() => return,
            Ok(_) => {}
            Err(status) => break Err(status),
        }
    };
    stream.replies.finish(outcome);
}

/// Has the engine renew.
async fn renew(engine: &mpsc::UnboundedSender<Report>, caller: Caller, message: Bytes) -> Renewed {
    let (renewed, answer) = oneshot::channel();
    let renew = move |engine: &mut Engine| {
        // The stream may be gone by now.
        let _ = renewed.send(engine.renew_of(&caller, message));
    };
    let sent = engine.send(Report::Then(Box::new(renew)));
    match (sent, answer.await) {
        (Ok(()), Ok(renewed)) => renewed,
        _ => Err(ApiError::Stopped.into()),
    }
}

//! An election: whoever's key is the oldest under the name leads, and its value is the proposal.

use etcd_api::{
    etcdserverpb::{
        RangeResponse, WatchCreateRequest, range_request::SortOrder, response_op::Response,
    },
    mvccpb::{KeyValue, event::EventType},
};

use crate::{
    Call, Client, Error,
    concurrency::{
        Session, created_at, delete, get, key_request, one_created, put, txn, wait_until_first,
    },
    interval,
    watch::Watch,
};

/// A candidate, and the leader once it is elected.
#[derive(Debug)]
pub struct Election {
    client: Client,
    prefix: String,
    key: Vec<u8>,
    lease: i64,
    revision: i64,
}

impl Election {
    /// Describes a candidate; nothing is asked yet.
    #[must_use]
    pub fn new(session: &Session, name: &str) -> Self {
        let prefix = format!("{name}/");
        Self {
            client: session.client().clone(),
            key: session.key(&prefix),
            prefix,
            lease: session.lease(),
            revision: 0,
        }
    }

    /// Waits until this candidate is elected.
    ///
    /// # Errors
    /// [`Error`] of the call or watch that failed.
    pub async fn campaign(&mut self, proposal: &[u8]) -> Result<(), Error> {
        let request = txn(
            created_at(&self.key, 0),
            vec![put(&self.key, proposal, self.lease)],
            vec![get(key_request(&self.key))],
        );
        let answer = self.client.txn(Call::unlimited(), request).await?;
        self.revision = answer.header.map_or(0, |header| header.revision);
        let first = answer.responses.into_iter().next();
        if let (false, Some(Response::ResponseRange(range))) =
            (answer.succeeded, first.and_then(|first| first.response))
            && let Some(kv) = range.kvs.first()
        {
            self.revision = kv.create_revision;
            if kv.value != proposal {
                self.proclaim(proposal).await?;
            }
        }
        let prefix = self.prefix.as_bytes();
        wait_until_first(&self.client, prefix, self.revision - 1).await
    }

    /// Changes the proposal without a new election.
    async fn proclaim(&self, proposal: &[u8]) -> Result<(), Error> {
        let request = txn(
            created_at(&self.key, self.revision),
            vec![put(&self.key, proposal, self.lease)],
            Vec::new(),
        );
        self.client.txn(Call::unlimited(), request).await?;
        Ok(())
    }

    /// Steps back, or gives the candidacy up.
    ///
    /// # Errors
    /// [`Error`] of the call.
    pub async fn resign(&self) -> Result<(), Error> {
        let request = txn(
            created_at(&self.key, self.revision),
            vec![delete(&self.key)],
            Vec::new(),
        );
        self.client.txn(Call::unlimited(), request).await?;
        Ok(())
    }

    /// Returns the key that stands for this candidate.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

/// Sees who leads.
#[derive(Debug)]
pub struct Observer {
    client: Client,
    prefix: Vec<u8>,
    /// The leader's key, watched; none while there is no leader.
    leader: Option<Watch>,
}

impl Observer {
    /// Observes the election of this name.
    #[must_use]
    pub fn new(client: &Client, name: &str) -> Self {
        Self {
            client: client.clone(),
            prefix: format!("{name}/").into_bytes(),
            leader: None,
        }
    }

    /// Returns the leader, first as it stands and then each time another one is elected or its proposal changes.
    ///
    /// # Errors
    /// [`Error`] of the call or watch that failed.
    pub async fn next(&mut self) -> Result<RangeResponse, Error> {
        loop {
            let Some(watch) = &mut self.leader else {
                return self.find().await;
            };
            let Some(answer) = watch.next().await else {
                return Err(Error::Canceled);
            };
            if let Some(error) = answer.error() {
                return Err(error);
            }
            // One answer may hold several proposals of one leader; the last one stands.
            let deleted = answer
                .events
                .iter()
                .any(|event| event.r#type() == EventType::Delete);
            if deleted {
                self.leader = None;
                continue;
            }
            if let Some(kv) = answer.events.into_iter().rev().find_map(|event| event.kv) {
                return Ok(leader(answer.header, kv));
            }
        }
    }

    async fn find(&mut self) -> Result<RangeResponse, Error> {
        let request = one_created(&self.prefix, SortOrder::Ascend);
        let answer = self.client.range(Call::unlimited(), request).await?;
        let mut header = answer.header.unwrap_or_default();
        let kv = match answer.kvs.into_iter().next() {
            Some(kv) => kv,
            None => {
                let kv = self.first_put(header.revision).await?;
                header.revision = kv.mod_revision;
                kv
            }
        };
        let request = WatchCreateRequest {
            key: kv.key.clone(),
            start_revision: header.revision + 1,
            ..WatchCreateRequest::default()
        };
        self.leader = Some(self.client.watch(request).await);
        Ok(leader(header, kv))
    }

    /// Waits for the first key under the name.
    async fn first_put(&self, from: i64) -> Result<KeyValue, Error> {
        let request = WatchCreateRequest {
            key: self.prefix.clone().into(),
            range_end: interval::prefix_end(&self.prefix).into(),
            start_revision: from,
            ..WatchCreateRequest::default()
        };
        let mut watch = self.client.watch(request).await;
        loop {
            let answer = watch.next().await.ok_or(Error::Canceled)?;
            if let Some(error) = answer.error() {
                return Err(error);
            }
            let put = answer
                .events
                .into_iter()
                .find(|event| event.r#type() == EventType::Put);
            if let Some(kv) = put.and_then(|event| event.kv) {
                return Ok(kv);
            }
        }
    }
}

fn leader(header: etcd_api::etcdserverpb::ResponseHeader, kv: KeyValue) -> RangeResponse {
    RangeResponse {
        header: Some(header),
        kvs: vec![kv],
        ..RangeResponse::default()
    }
}

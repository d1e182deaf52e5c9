//! What the watchers of one stream were told, each by itself: how events are put together into responses is up to a
//! member, what each watcher hears in which order is not.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use h2::{SendStream, client::ResponseFuture};
use serde_json::{Value, json};

use crate::{
    grpc::{self, Client, Reply},
    schema::Schema,
};

const METHOD: &str = "etcdserverpb.Watch/Watch";

/// A stream of watchers.
#[derive(Debug)]
pub struct Watchers {
    stream: SendStream<Bytes>,
    told: Arc<Mutex<Told>>,
}

/// What each watcher heard, in order, until it is taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Number of a watcher (-1 for refusals), and what it heard.
    pub heard: BTreeMap<i64, Vec<Value>>,
    /// What no member may do.
    pub wrong: Vec<String>,
    /// Whether those who are to be made want to know what was before.
    asked: VecDeque<bool>,
    /// Those who do.
    with_previous: BTreeSet<i64>,
}

impl Watchers {
    /// Opens a stream.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn open(
        schema: &Schema,
        client: &Client,
        token: Option<&str>,
    ) -> Result<Self, Reply> {
        let (response, stream) = client.open(METHOD, token).await?;
        let told = Arc::new(Mutex::new(Told::default()));
        tokio::spawn(listen(schema.clone(), response, told.clone()));
        Ok(Self { stream, told })
    }

    /// Says something on it.
    pub async fn say(&mut self, schema: &Schema, request: &Value) {
        if let Some(create) = request.get("create_request") {
            self.lock().asked.push_back(create["prev_kv"] == true);
        }
        let message = grpc::framed(&schema.encode(METHOD, request));
        grpc::send(&mut self.stream, message, false).await;
    }

    /// Returns what was heard so far.
    #[must_use]
    pub fn heard(&self) -> Told {
        self.lock().clone()
    }

    /// Forgets what was heard so far.
    pub fn forget(&self) {
        let mut told = self.lock();
        told.heard.clear();
        told.wrong.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(schema: Schema, response: ResponseFuture, told: Arc<Mutex<Told>>) {
    let lock = || told.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(response) = response.await else { return };
    let mut body = response.into_body();
    let mut rest = BytesMut::new();
    while let Ok(Some(message)) = grpc::next(&mut body, &mut rest).await {
        let said = schema.decode(METHOD, &message);
        lock().hear(&said);
    }
    if let Ok(Some(trailers)) = body.trailers().await {
        let end = json!({"end": format!("{:?} {:?}", trailers.get("grpc-status"), trailers.get("grpc-message"))});
        lock().heard.entry(-2).or_default().push(end);
    }
}

impl Told {
    fn hear(&mut self, said: &Value) {
        let id = said["watch_id"].as_i64().unwrap_or(0);
        let revision = said["header"]["revision"].as_i64().unwrap_or(0);
        if said["created"] == true && self.asked.pop_front() == Some(true) {
            self.with_previous.insert(id);
        }
        let heard = self.heard.entry(id).or_default();
        if said["created"] == true {
            heard.push(json!({"created": revision}));
        }
        let events = said["events"].as_array().map_or(&[][..], Vec::as_slice);
        for event in events {
            let at = event["kv"]["mod_revision"].as_i64().unwrap_or(0);
            if at > revision {
                self.wrong
                    .push(format!("an event of {at} under revision {revision}"));
            }
            let last = heard
                .iter()
                .rev()
                .find_map(|it| it["kv"]["mod_revision"].as_i64());
            if last.is_some_and(|last| last > at) {
                self.wrong
                    .push(format!("an event of {at} after one of {last:?}"));
            }
            let mut event = event.clone();
            // Upstream 3.7 writes what was before into events that others share, who then hear of it too (v3rpc/watch.go `sendLoop`).
            // Whether ours does is looked at by its own tests.
            if let Some(fields) = event
                .as_object_mut()
                .filter(|_| !self.with_previous.contains(&id))
            {
                fields.remove("prev_kv");
            }
            heard.push(event);
        }
        if said["canceled"] == true {
            heard.push(
                json!({"canceled": said["cancel_reason"], "compacted": said["compact_revision"]}),
            );
        } else if events.is_empty() && said["created"] != true {
            heard.push(json!({"progress": revision}));
        }
    }
}

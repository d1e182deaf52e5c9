//! One of the two members: asks it what the script says, and tells what it answered in a form to be compared.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    grpc::{Client, Reply, framed},
    http,
    member::Member,
    normal,
    schema::Schema,
    script::Step,
    told::{Told, Watchers},
};

const FLAGS: [&str; 2] = ["--bcrypt-cost=4", "--auth-token-ttl=3000"];
/// A token that nobody was given.
const STRANGER: &str = "abcdefghijklmnop.1";
/// A watcher on a stream of its own is listened to until this long nothing came.
const QUIET: Duration = Duration::from_millis(250);

/// A member and what we have open with it.
#[derive(Debug)]
pub struct Side {
    /// The member.
    pub member: Member,
    client: Client,
    tokens: HashMap<String, String>,
    watchers: Watchers,
}

impl Side {
    /// Starts a member.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start(program: &Path, schema: &Schema) -> Result<Self, String> {
        let member = Member::start(program, &FLAGS).await?;
        let client = member.client().await?;
        let watchers = opened(schema, &client).await?;
        Ok(Self {
            member,
            client,
            tokens: HashMap::new(),
            watchers,
        })
    }

    /// Ends it at once and starts it again. Its tokens are gone, and so are watchers.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn restart(&mut self, schema: &Schema) -> Result<(), String> {
        self.member.kill();
        self.member.run().await?;
        self.client = self.member.client().await?;
        self.watchers = opened(schema, &self.client).await?;
        self.tokens.clear();
        Ok(())
    }

    /// Leaves the stream of watchers for a new one.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn reopen(&mut self, schema: &Schema) -> Result<(), String> {
        let opened = opened(schema, &self.client).await;
        self.watchers = opened.map_err(|error| format!("{error}; log: {}", self.member.log()))?;
        Ok(())
    }

    /// What the watchers of the stream heard since this was last forgotten.
    #[must_use]
    pub fn heard(&self) -> Told {
        self.watchers.heard()
    }

    /// Forgets it.
    pub fn forget(&self) {
        self.watchers.forget();
    }

    /// Asks, and returns what was answered.
    pub async fn ask(&mut self, schema: &Schema, step: &Step) -> Value {
        match step {
            Step::Call {
                method,
                request,
                user,
            } => self.call(schema, method, request, user.as_deref()).await,
            Step::Raw {
                path,
                body,
                is_framed,
            } => {
                let body = Bytes::copy_from_slice(body);
                let body = if *is_framed { framed(&body) } else { body };
                let reply = self.client.send_framed(path, body, None).await;
                // Replies to bytes without a meaning are told apart by their code and text.
                json!({"code": reply.code, "text": reply.text, "messages": reply.messages.len()})
            }
            Step::Json { path, body, user } => self.json(path, body, user.as_deref()).await,
            Step::AutoLease => self.auto_lease(schema).await,
            Step::Watch(request) => {
                self.watchers.say(schema, request).await;
                Value::Null
            }
            Step::WatchOnce { request, user } => {
                self.watch_once(schema, request, user.as_deref()).await
            }
            Step::Settle | Step::Rest | Step::Restart => Value::Null,
        }
    }

    async fn call(
        &mut self,
        schema: &Schema,
        method: &str,
        request: &Value,
        user: Option<&str>,
    ) -> Value {
        let reply = self.exchange(schema, method, request, user).await;
        let messages = reply.messages.iter().map(|it| schema.decode(method, it));
        let messages: Vec<_> = messages.collect();
        if let Some(token) = messages.first().and_then(|it| it["token"].as_str()) {
            let name = request["name"].as_str().unwrap_or_default();
            self.tokens.insert(name.to_owned(), token.to_owned());
        }
        let messages = messages
            .into_iter()
            .map(|it| normal::reply(method, request, it));
        let messages: Vec<_> = messages.collect();
        json!({"code": reply.code, "text": reply.text, "messages": messages})
    }

    async fn exchange(
        &self,
        schema: &Schema,
        method: &str,
        request: &Value,
        user: Option<&str>,
    ) -> Reply {
        let message = schema.encode(method, request);
        self.client.call(method, &message, self.token(user)).await
    }

    fn token(&self, user: Option<&str>) -> Option<&str> {
        user.map(|user| self.tokens.get(user).map_or(STRANGER, String::as_str))
    }

    async fn json(&self, path: &str, body: &str, user: Option<&str>) -> Value {
        let (status, answer) =
            match http::post(self.member.port, path, self.token(user), body).await {
                Ok(answer) => answer,
                Err(error) => return json!({"lost": error}),
            };
        let request = serde_json::from_str(body).unwrap_or(Value::Null);
        let answer = match serde_json::from_str(&answer) {
            Ok(answer) => normal::reply(path, &request, answer),
            Err(_) => Value::String(answer),
        };
        json!({"status": status, "answer": answer})
    }

    async fn auto_lease(&self, schema: &Schema) -> Value {
        let request = json!({"TTL": 4000});
        let granted = self
            .exchange(schema, "etcdserverpb.Lease/LeaseGrant", &request, None)
            .await;
        let granted = granted
            .messages
            .first()
            .map(|it| schema.decode("etcdserverpb.Lease/LeaseGrant", it));
        let id = granted.map_or(Value::Null, |it| it["ID"].clone());
        let mut seen = vec![json!(id.as_i64().is_some_and(|id| id > 0))];
        for (method, request) in [
            ("etcdserverpb.Lease/LeaseTimeToLive", json!({"ID": id})),
            ("etcdserverpb.Lease/LeaseRevoke", json!({"ID": id})),
        ] {
            let reply = self.exchange(schema, method, &request, None).await;
            let message = reply.messages.first().map(|it| schema.decode(method, it));
            let mut message = normal::reply(method, &request, message.unwrap_or(Value::Null));
            if let Some(fields) = message.as_object_mut() {
                fields.remove("ID");
            }
            seen.push(json!([reply.code, reply.text, message]));
        }
        Value::Array(seen)
    }

    async fn watch_once(&self, schema: &Schema, request: &Value, user: Option<&str>) -> Value {
        let opened = Watchers::open(schema, &self.client, self.token(user)).await;
        let mut watchers = match opened {
            Ok(watchers) => watchers,
            Err(reply) => return json!({"code": reply.code, "text": reply.text}),
        };
        watchers
            .say(schema, &json!({"create_request": request}))
            .await;
        let mut heard = Told::default();
        let mut since = Instant::now();
        while heard.heard.is_empty() && since.elapsed() < Duration::from_secs(5)
            || since.elapsed() < QUIET
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let now = watchers.heard();
            if now != heard {
                heard = now;
                since = Instant::now();
            }
        }
        json!({"heard": format!("{:?}", heard.heard), "wrong": heard.wrong})
    }
}

async fn opened(schema: &Schema, client: &Client) -> Result<Watchers, String> {
    Watchers::open(schema, client, None)
        .await
        .map_err(|reply| format!("no stream of watchers: {}", reply.text))
}

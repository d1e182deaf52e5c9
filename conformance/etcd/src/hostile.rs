//! Clients that mean harm, or do not know better: more at a time than there is memory, answers nobody reads, heads that never
//! end, frames that are none. Each time others are answered meanwhile, and the member's memory stays under a bound.

use std::{path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::{
    grpc::{Client, Reply},
    http,
    member::Member,
    schema::Schema,
    told::Watchers,
};

mod frames;

const PUT: &str = "etcdserverpb.KV/Put";
const RANGE: &str = "etcdserverpb.KV/Range";
const LARGE_BYTES: usize = 1_500_000;
const CONNECTIONS: usize = 100;
/// Messages on their way may take 192 MiB; log, store and answers come on top, whatever the clients do.
const MEMORY_MIB_MAX: u64 = 768;
/// A request of somebody else, while it goes on.
const OTHERS_WITHIN: Duration = Duration::from_secs(5);

/// Tries all of it with `puts` large puts and a hundred times as many watchers; returns what was found, and what was done.
///
/// # Errors
/// When a member does not start.
pub async fn run(ours: &Path, puts: usize) -> Result<(Vec<String>, String), String> {
    let schema = Schema::read()?;
    let mut found = Vec::new();
    let mut told = Vec::new();
    let mut trial = Trial {
        member: Member::start(ours, &["--quota-backend-bytes=8589934592"]).await?,
        schema,
        found: &mut found,
    };
    told.push(trial.large_puts(puts).await?);
    told.push(trial.untaken_answers().await?);
    told.push(trial.watchers(puts * 100).await?);
    told.push(trial.slow_heads().await?);
    told.push(trial.odd_frames().await?);
    told.push(trial.odd_requests().await?);
    let memory = trial.memory("VmHWM")?;
    told.push(format!("at most {memory} MiB of memory"));
    if memory > MEMORY_MIB_MAX {
        found.push(format!("{memory} MiB of memory"));
    }
    Ok((found, told.join("; ")))
}

struct Trial<'a> {
    member: Member,
    schema: Schema,
    found: &'a mut Vec<String>,
}

impl Trial<'_> {
    /// Looks whether somebody else is answered in time.
    async fn others(&mut self, during: &str) {
        let port = self.member.port;
        let asked = timeout(OTHERS_WITHIN, async {
            let client = Client::connect(port).await?;
            let reply = self.ask(&client, RANGE, &json!({"key": "YQ=="})).await;
            if reply.code == 0 {
                Ok(())
            } else {
                Err(reply.text)
            }
        });
        let said = asked.await.unwrap_or_else(|_| Err("no answer".to_owned()));
        if let Err(said) = said {
            self.found.push(format!(
                "{during}: others are told {said}; {}",
                self.member.log()
            ));
        }
    }

    async fn ask(&self, client: &Client, method: &str, request: &serde_json::Value) -> Reply {
        client
            .call(method, &self.schema.encode(method, request), None)
            .await
    }

    fn memory(&self, field: &str) -> Result<u64, String> {
        let id = self.member.id().ok_or("not running")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"));
        let status = status.map_err(|error| format!("the member has ended: {error}"))?;
        let line = status.lines().find(|line| line.starts_with(field));
        let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        Ok(kibibytes.ok_or("no such field")? >> 10)
    }

    /// All at once, on a hundred connections: each is done, or refused as too much.
    async fn large_puts(&mut self, puts: usize) -> Result<String, String> {
        let mut calls = JoinSet::new();
        for connection in 0..CONNECTIONS {
            let client = self.member.client().await?;
            for number in (connection..puts).step_by(CONNECTIONS) {
                let key = STANDARD.encode(format!("large/{}", number % 50));
                let request =
                    json!({"key": key, "value": STANDARD.encode(vec![b'x'; LARGE_BYTES])});
                let (client, message) = (client.clone(), self.schema.encode(PUT, &request));
                calls.spawn(async move { client.call(PUT, &message, None).await });
            }
        }
        self.others("large puts").await;
        let (mut done, mut refused) = (0, 0);
        while let Some(reply) = calls.join_next().await {
            let reply = reply.map_err(|error| error.to_string())?;
            match (reply.code, reply.text.as_str()) {
                (0, _) => done += 1,
                (2, "etcdserver: too many requests") => refused += 1,
                _ => self
                    .found
                    .push(format!("a large put: {} {}", reply.code, reply.text)),
            }
        }
        let memory = self.memory("VmHWM")?;
        Ok(format!(
            "{done} puts of 1.5 MB at a time ({refused} refused), {memory} MiB"
        ))
    }

    /// Ranges of 30 MB each, of which nobody takes more than the first window.
    async fn untaken_answers(&mut self) -> Result<String, String> {
        for number in 0..20 {
            let key = STANDARD.encode(format!("large/{number}"));
            let value = STANDARD.encode(vec![b'x'; LARGE_BYTES]);
            let client = self.member.client().await?;
            self.ask(&client, PUT, &json!({"key": key, "value": value}))
                .await;
        }
        let request =
            json!({"key": STANDARD.encode("large/"), "range_end": STANDARD.encode("large0")});
        let message = self.schema.encode(RANGE, &request);
        let mut held = Vec::new();
        for _ in 0..50 {
            let mut stream = TcpStream::connect(("127.0.0.1", self.member.port))
                .await
                .map_err(|error| error.to_string())?;
            // A window of nothing: the answer can never leave.
            let said = frames::call_with_window(0, RANGE, &message);
            stream
                .write_all(&said)
                .await
                .map_err(|error| error.to_string())?;
            held.push(stream);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.others("answers nobody takes").await;
        let memory = self.memory("VmRSS")?;
        drop(held);
        Ok(format!("50 answers nobody takes, {memory} MiB"))
    }

    /// Very many watchers on one stream; one of them is told what it waits for.
    async fn watchers(&mut self, count: usize) -> Result<String, String> {
        let before = self.memory("VmRSS")?;
        let client = self.member.client().await?;
        let opened = Watchers::open(&self.schema, &client, None).await;
        let mut watchers = opened.map_err(|reply| reply.text)?;
        for number in 0..count {
            let key = STANDARD.encode(format!("watched/{number}"));
            let create = json!({"create_request": {"key": key}});
            watchers.say(&self.schema, &create).await;
        }
        let made = async {
            while watchers.heard().heard.len() < count {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        if timeout(Duration::from_secs(60), made).await.is_err() {
            let made = watchers.heard().heard.len();
            self.found
                .push(format!("{made} of {count} watchers were made"));
        }
        self.others("very many watchers").await;
        let memory = self.memory("VmRSS")?;
        let last = i64::try_from(count - 1).map_err(|error| error.to_string())?;
        let key = STANDARD.encode(format!("watched/{last}"));
        let other = self.member.client().await?;
        self.ask(&other, PUT, &json!({"key": key})).await;
        let heard = async {
            while watchers
                .heard()
                .heard
                .get(&last)
                .is_none_or(|it| it.len() < 2)
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(OTHERS_WITHIN, heard).await.is_err() {
            self.found
                .push("the last of many watchers is not told".to_owned());
        }
        Ok(format!(
            "{count} watchers on a stream, {before} to {memory} MiB"
        ))
    }

    /// Connections that begin a head, of either HTTP, and never end it.
    async fn slow_heads(&mut self) -> Result<String, String> {
        let mut held = Vec::new();
        for number in 0..500 {
            let mut stream = TcpStream::connect(("127.0.0.1", self.member.port))
                .await
                .map_err(|error| error.to_string())?;
            let words: &[u8] = match number % 5 {
                0 => b"",
                1 => b"GET /health HT",
                2 => b"POST /v3/kv/put HTTP/1.1\r\nContent-Length: 1000\r\nHost: localhost\r\n\r\n{",
                3 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
                _ => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x20\x01\x04\0\0\0\x01",
            };
            stream
                .write_all(words)
                .await
                .map_err(|error| error.to_string())?;
            held.push(stream);
        }
        self.others("heads that never end").await;
        Ok("500 heads that never end".to_owned())
    }

    /// Frames of every kind that break a rule, each on a connection of its own.
    async fn odd_frames(&mut self) -> Result<String, String> {
        let all = frames::odd();
        let count = all.len();
        for (name, words) in all {
            let mut stream = TcpStream::connect(("127.0.0.1", self.member.port))
                .await
                .map_err(|error| error.to_string())?;
            // The member may hang up in the middle.
            let _ = stream.write_all(&words).await;
            let mut answer = vec![0; 4096];
            let _ = timeout(Duration::from_millis(100), stream.read(&mut answer)).await;
            self.others(name).await;
        }
        Ok(format!("{count} kinds of broken frames"))
    }

    /// An alarm that upstream's process does not survive, and JSON as deep as it gets.
    async fn odd_requests(&mut self) -> Result<String, String> {
        let client = self.member.client().await?;
        let alarm = json!({"action": 99, "alarm": 1});
        let alarm = self
            .ask(&client, "etcdserverpb.Maintenance/Alarm", &alarm)
            .await;
        self.others("an unknown alarm action").await;
        for deep in ["[", "{\"a\":", "{\"success\":[{\"request_txn\":"] {
            let said =
                http::post(self.member.port, "/v3/kv/txn", None, &deep.repeat(100_000)).await;
            let (status, _) = said.unwrap_or_default();
            if !status.contains("400") && !status.contains("413") {
                self.found.push(format!("deep JSON: {status:?}"));
            }
            self.others("deep JSON").await;
        }
        Ok(format!(
            "an unknown alarm action ({} {})",
            alarm.code, alarm.text
        ))
    }
}

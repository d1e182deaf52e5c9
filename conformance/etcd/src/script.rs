//! The random script: what is asked next, given what two members answered so far. The same seed and the same answers give
//! the same script.

use serde_json::{Value, json};

use crate::random::Random;

mod auth;
mod invalid;
mod kv;
mod lease;
mod maintenance;
mod watch;

/// One thing both members are asked.
#[derive(Clone, Debug)]
pub enum Step {
    /// A call with one message, as a user when there is one.
    Call {
        /// Service and method.
        method: &'static str,
        /// The request.
        request: Value,
        /// Whose token goes with it.
        user: Option<String>,
    },
    /// Bytes that may be no request at all, as the body of a call.
    Raw {
        /// Service and method.
        path: String,
        /// What stands after the five bytes of gRPC, or in their place too.
        body: Vec<u8>,
        /// Whether the five bytes are put before it.
        is_framed: bool,
    },
    /// A request to the JSON gateway, as text.
    Json {
        /// Where to.
        path: &'static str,
        /// The body.
        body: String,
        /// Whose token goes with it.
        user: Option<String>,
    },
    /// A lease whose number the member chooses, looked at and revoked.
    AutoLease,
    /// A message on the stream of watches both have open.
    Watch(Value),
    /// A stream of its own for one watcher: what it says first.
    WatchOnce {
        /// The request.
        request: Value,
        /// Whose token goes with it.
        user: Option<String>,
    },
    /// Both have told their watchers all there is.
    Settle,
    /// Time for a compaction in the background to end.
    Rest,
    /// Both are ended at once and started again.
    Restart,
}

/// What the script must know to ask for more than refusals.
#[derive(Debug)]
pub struct State {
    /// The choices.
    pub random: Random,
    /// The newest revision.
    pub revision: i64,
    /// Up to which revision history is gone.
    pub compacted: i64,
    /// Users, and the password that counts.
    pub passwords: Vec<(String, String)>,
    /// Whether requests need a token now.
    pub has_auth: bool,
    /// Watchers made since both were last settled.
    pub is_unsettled: bool,
    /// Whether a compaction may still run in the background.
    pub is_compacting: bool,
    /// How many watchers the open stream has had.
    pub watchers: i64,
    /// The member's own number.
    pub member: u64,
    /// Steps that must come next, last first.
    pub due: Vec<Step>,
    /// How many steps from one restart to the next; 0 for none.
    pub restart_every: usize,
    count: usize,
}

impl State {
    /// Begins.
    #[must_use]
    pub fn new(seed: u64, restart_every: usize) -> Self {
        Self {
            random: Random::new(seed),
            revision: 1,
            compacted: 0,
            passwords: Vec::new(),
            has_auth: false,
            is_unsettled: false,
            is_compacting: false,
            watchers: 0,
            member: 0,
            due: Vec::new(),
            restart_every,
            count: 0,
        }
    }

    /// Returns what is asked next.
    pub fn step(&mut self) -> Step {
        if let Some(step) = self.due.pop() {
            return step;
        }
        self.count += 1;
        if self.restart_every > 0 && self.count.is_multiple_of(self.restart_every) {
            return Step::Restart;
        }
        if self.has_auth && self.random.chance(2) {
            return self.disable_auth();
        }
        match self
            .random
            .weighted(&[300, 220, 140, 180, 4, 70, 60, 30, 100, 30, 40])
        {
            0 => self.put(),
            1 => self.range(),
            2 => self.delete_range(),
            3 => self.txn(),
            4 => self.compact(),
            5 => self.lease(),
            6 => self.watch(),
            7 => self.maintenance(),
            8 => self.auth(),
            9 => self.invalid(),
            _ => self.json(),
        }
    }

    fn call(&mut self, method: &'static str, request: Value) -> Step {
        let user = self.somebody();
        Step::Call {
            method,
            request,
            user,
        }
    }

    /// Root for the most part while there is auth; nobody, strangers and users else.
    fn somebody(&mut self) -> Option<String> {
        if !self.has_auth {
            return self.random.chance(3).then(|| "root".to_owned());
        }
        match self.random.below(10) {
            0 => None,
            1 => Some("stranger".to_owned()),
            2..6 => Some(self.user()),
            _ => Some("root".to_owned()),
        }
    }

    fn json(&mut self) -> Step {
        let user = self.somebody();
        let (path, request) = match self.random.below(9) {
            0 | 1 => ("/v3/kv/put", self.put_request()),
            2 | 3 => ("/v3/kv/range", self.range_request()),
            4 => ("/v3/kv/deleterange", self.delete_request()),
            5 => ("/v3/kv/txn", self.txn_request(0)),
            6 => (
                "/v3/lease/timetolive",
                json!({"ID": self.lease_id(), "keys": true}),
            ),
            7 => ("/v3/auth/role/get", json!({"role": self.role()})),
            _ => return self.odd_json(user),
        };
        Step::Json {
            path,
            body: request.to_string(),
            user,
        }
    }
}

impl State {
    /// Takes note of what upstream answered.
    pub fn learn(&mut self, step: &Step, answer: &Value) {
        let (method, request) = match step {
            Step::Call {
                method, request, ..
            } => (*method, request),
            _ => return,
        };
        let first = &answer["messages"][0];
        let header = if method.ends_with("RangeStream") {
            &Value::Null
        } else {
            &first["header"]
        };
        self.revision = self.revision.max(header["revision"].as_i64().unwrap_or(0));
        if answer["code"] != 0 {
            return;
        }
        let text = |field: &str| request[field].as_str().unwrap_or_default().to_owned();
        match method.rsplit('/').next().unwrap_or_default() {
            "Compact" => self.compacted = request["revision"].as_i64().unwrap_or(0),
            "AuthEnable" => self.has_auth = true,
            "AuthDisable" => self.has_auth = false,
            "UserAdd" | "UserChangePassword" => {
                self.passwords.retain(|(name, _)| *name != text("name"));
                self.passwords.push((text("name"), text("password")));
            }
            "UserDelete" => self.passwords.retain(|(name, _)| *name != text("name")),
            _ => {}
        }
    }

    /// Takes note that both were ended and started: tokens are gone.
    pub fn restarted(&mut self) {
        self.watchers = 0;
        self.is_unsettled = false;
        if self.has_auth {
            let password = self.passwords.iter().find(|(name, _)| name == "root");
            let password = password.map_or("p", |(_, password)| password.as_str());
            self.due.push(Step::Call {
                method: "etcdserverpb.Auth/Authenticate",
                request: json!({"name": "root", "password": password}),
                user: None,
            });
        }
    }
}

/// Bytes as the JSON of protobuf wants them.
fn bytes(text: impl AsRef<[u8]>) -> Value {
    use base64::Engine as _;
    Value::String(base64::engine::general_purpose::STANDARD.encode(text))
}

//! Chromium, driven over its debugging pipe: requests and answers in JSON, each behind a zero byte.
//!
//! Source: Chrome DevTools Protocol; content/browser/devtools/devtools_pipe_handler.cc.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// How long the browser may take for one answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser of its own, with an empty profile. It ends with the value.
pub(crate) struct Chromium {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    events: VecDeque<Value>,
    last_id: u64,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts a browser; `None`, with a word about it, when there is none on this machine.
    pub(crate) fn start() -> Option<Self> {
        if !is_installed() {
            say_skipped();
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        // The browser reads from descriptor 3 and writes to 4.
        let script = r#"exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
            --disable-background-networking --remote-debugging-pipe --user-data-dir="$0" about:blank \
            3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#;
        let mut process = Command::new("sh")
            .args(["-c", script])
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let messages = received(process.stdout.take().unwrap());
        Some(Self {
            process,
            input,
            messages,
            events: VecDeque::new(),
            last_id: 0,
            _profile: profile,
        })
    }

    /// Calls a method, of the browser or of the session of a tab.
    ///
    /// # Errors
    /// The message of the browser.
    pub(crate) fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> Result<Value, String> {
        self.last_id += 1;
        let id = self.last_id;
        let mut request = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            request["sessionId"] = session.into();
        }
        self.input
            .write_all(format!("{request}\0").as_bytes())
            .unwrap();
        loop {
            let mut message = self.message(method);
            if message["id"] != id {
                self.events.push_back(message);
            } else if let Some(error) = message.get("error") {
                return Err(error["message"].to_string());
            } else {
                return Ok(message["result"].take());
            }
        }
    }

    /// Forgets what happened until now.
    pub(crate) fn forget_events(&mut self) {
        self.events.clear();
        while self.messages.try_recv().is_ok() {}
    }

    /// Waits for an event.
    pub(crate) fn event(&mut self, method: &str) -> Value {
        if let Some(at) = self
            .events
            .iter()
            .position(|event| event["method"] == method)
        {
            return self.events.remove(at).unwrap();
        }
        loop {
            let message = self.message(method);
            if message["method"] == method {
                return message;
            }
            self.events.push_back(message);
        }
    }

    fn message(&self, wanted: &str) -> Value {
        self.messages
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("the browser is silent, wanted: {wanted}"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It also ends by itself when its pipe closes, but then it would still write to its profile.
        let _ = self.call(None, "Browser.close", &json!({}));
        let _ = self.process.wait();
    }
}

fn is_installed() -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v chromium"])
        .stdout(Stdio::null())
        .status();
    found.is_ok_and(|status| status.success())
}

#[expect(
    clippy::explicit_write,
    reason = "the test harness hides what the print macros write, and nobody should take this for a pass"
)]
fn say_skipped() {
    writeln!(
        io::stderr(),
        "SKIPPED: this machine has no chromium (apt-get install chromium)"
    )
    .unwrap();
}

/// Reads messages on a thread of its own, so that waiting for one can end.
fn received(output: ChildStdout) -> Receiver<Value> {
    let (sender, messages) = mpsc::channel();
    thread::spawn(move || {
        for message in BufReader::new(output).split(0).map_while(Result::ok) {
            let message = serde_json::from_slice(&message).expect("the browser writes JSON");
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    messages
}

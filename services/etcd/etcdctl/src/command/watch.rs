//! `watch`: one watch from the command line, or many from stdin with `-i`.
//!
//! `watch/line.rs` says which words are the key and which a program to run.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/watch_command.go.

use std::io::{self, BufRead};

use etcd_api::{etcdserverpb::WatchCreateRequest, mvccpb::Event};
use etcd_client::{
    interval,
    watch::{Watch, WatchAnswer, Watcher},
};
use kit_cli::{EnvSource, value::quote};
use tokio::sync::mpsc;

use crate::{
    command::process,
    context::{Ctl, print_line, tell_line},
    failure::Failure,
    print::{Printer, Reply},
    words,
};

mod line;

use self::line::Wanted;

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let variable = |name: &str| ctl.env.get(name).unwrap_or_default();
    let (key, end) = (
        variable("ETCDCTL_WATCH_KEY"),
        variable("ETCDCTL_WATCH_RANGE_END"),
    );
    if key.is_empty() && !end.is_empty() {
        return Err(Failure::arguments(format!(
            "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END={}",
            quote(end)
        )));
    }
    let default = [key, end]
        .into_iter()
        .map(String::into_bytes)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>();
    if ctl.switch("interactive") {
        return interactive(ctl, &default).await;
    }
    let wanted = line::from_arguments(&ctl.line, &default)
        .map_err(|error| Failure::arguments(error.to_string()))?;
    let client = ctl.client().await?;
    let request = request(&wanted).map_err(|error| Failure::arguments(error.to_string()))?;
    let watch = client.watcher(true).watch(request).await;
    follow(watch, *ctl.printer(), wanted.program).await?;
    Err(Failure::new(
        Failure::INTERRUPTED,
        "watch is canceled by the server",
    ))
}

/// Returns what the server is asked for.
fn request(wanted: &Wanted) -> Result<WatchCreateRequest, line::LineError> {
    let [key, ends @ ..] = wanted.keys.as_slice() else {
        return Err(line::LineError::Number);
    };
    let (key, range_end) = match ends {
        [_] if wanted.prefix => return Err(line::LineError::RangeAndPrefix),
        [end] => (key.clone(), end.clone()),
        _ if wanted.prefix && key.is_empty() => {
            (interval::FROM_KEY.to_vec(), interval::FROM_KEY.to_vec())
        }
        _ if wanted.prefix => (key.clone(), interval::prefix_end(key)),
        _ => (key.clone(), Vec::new()),
    };
    Ok(WatchCreateRequest {
        key: key.into(),
        range_end: range_end.into(),
        start_revision: wanted.revision,
        prev_kv: wanted.prev_kv,
        progress_notify: wanted.progress_notify,
        ..WatchCreateRequest::default()
    })
}

/// Shows what a watch is told until it ends.
async fn follow(mut watch: Watch, printer: Printer, program: Vec<Vec<u8>>) -> Result<(), Failure> {
    while let Some(answer) = watch.next().await {
        if answer.canceled {
            let reason = answer
                .error()
                .map_or_else(|| "<nil>".to_owned(), |error| error.to_string());
            tell_line(&format!("watch was canceled ({reason})"));
        }
        if answer.is_progress() {
            print_line(&format!("progress notify: {}", answer.header.revision))?;
        }
        crate::context::print(&printer.render(&Reply::Watch(&answer))?)?;
        if !program.is_empty() {
            run_for_each(&answer, &program).await?;
        }
    }
    Ok(())
}

async fn run_for_each(answer: &WatchAnswer, program: &[Vec<u8>]) -> Result<(), Failure> {
    for event in &answer.events {
        let ended = process::run(program, &variables(answer, event)).await;
        let problem = match ended {
            Ok(status) if status.success() => continue,
            Ok(status) => process::exit_text(status),
            Err(error) => process::start_error(program, &error),
        };
        let words: Vec<String> = program.iter().map(quote).collect();
        tell_line(&format!("command [{}] error ({problem})", words.join(" ")));
        return Err(Failure::told(Failure::ERROR));
    }
    Ok(())
}

/// What a program learns about an event. All but the revision is quoted.
fn variables(answer: &WatchAnswer, event: &Event) -> [(&'static str, Vec<u8>); 4] {
    let kv = event.kv.clone().unwrap_or_default();
    let quoted = |bytes: &[u8]| quote(bytes).into_bytes();
    [
        (
            "ETCD_WATCH_REVISION",
            answer.header.revision.to_string().into_bytes(),
        ),
        (
            "ETCD_WATCH_EVENT_TYPE",
            quoted(event.r#type().as_str_name().as_bytes()),
        ),
        ("ETCD_WATCH_KEY", quoted(&kv.key)),
        ("ETCD_WATCH_VALUE", quoted(&kv.value)),
    ]
}

/// Reads `watch …` and `progress` from stdin.
async fn interactive(mut ctl: Ctl, default: &[Vec<u8>]) -> Result<(), Failure> {
    let client = ctl.client().await?;
    let watcher = client.watcher(true);
    let (failed, mut failures) = mpsc::channel(1);
    let mut lines = read_lines();
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            failure = failures.recv() => match failure {
                Some(failure) => return Err(failure),
                None => continue,
            },
        };
        let Some(line) = line else {
            return Err(Failure::new(
                Failure::INVALID_INPUT,
                "error reading watch request line: EOF",
            ));
        };
        let Some(watch) = order(&watcher, &line, default).await? else {
            continue;
        };
        let (watch, program) = watch;
        let (printer, failed) = (*ctl.printer(), failed.clone());
        tokio::spawn(async move {
            if let Err(failure) = follow(watch, printer, program).await {
                drop(failed.send(failure).await);
            }
        });
    }
}

/// A watch and the program to run for its events.
type Opened = (Watch, Vec<Vec<u8>>);

async fn order(
    watcher: &Watcher,
    text: &str,
    default: &[Vec<u8>],
) -> Result<Option<Opened>, Failure> {
    let words = words::split(text)
        .map_err(|error| Failure::new(Failure::INVALID_INPUT, error.to_string()))?;
    match words.first().map(Vec::as_slice) {
        None => tell_line(&format!(
            "Invalid command: {text} (watch and progress supported)"
        )),
        Some(b"watch") if words.len() < 2 && default.is_empty() => tell_line(&format!(
            "Invalid command {text} (command type or key is not provided)"
        )),
        Some(b"watch") => {
            let wanted = line::from_words(&words[1..], default)
                .map_err(|error| Failure::arguments(error.to_string()))?;
            match request(&wanted) {
                Ok(request) => {
                    return Ok(Some((watcher.watch(request).await, wanted.program)));
                }
                Err(error) => tell_line(&format!("Invalid command {text} ({error})")),
            }
        }
        Some(b"progress") => watcher.request_progress().await?,
        Some(_) => tell_line(&format!("Invalid command {text} (only support watch)")),
    }
    Ok(None)
}

/// Reads stdin in a thread of its own, so that watches go on while nothing is typed.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(LINES_WAITING_MAX);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match stdin.read_until(b'\n', &mut line) {
                Ok(_) if line.pop() == Some(b'\n') => {}
                _ => return,
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

const LINES_WAITING_MAX: usize = 16;

//! Puts one case to one program: a folder and a port of its own, a server that starts when the first step needs it, then
//! step after step until one does not hold.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::case::{
    Action, BodyTemplate, Case, Expect, Outcome, RequestTemplate, Step, Stream, Version,
};
use crate::client::{self, ClientError, Request, Response};
use crate::command;
use crate::normalize::{Values, fill};
use crate::service::Service;
use crate::{body, check};

mod server;

use server::Server;

/// How long `run` and `sh` may take.
const COMMAND_WITHIN: Duration = Duration::from_secs(60);
/// How long a server may take to end.
const END_WITHIN: Duration = Duration::from_secs(30);
/// How long a log line may take to appear.
const LOG_WITHIN: Duration = Duration::from_secs(10);
/// Pause between two looks of a `wait until`; the program under test offers nothing to wait on.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A program that can be asked.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its executable.
    pub path: PathBuf,
    /// What its version flag says.
    pub version: Version,
    /// Whether it is ours, so that `ours =>` counts.
    pub is_ours: bool,
    /// Flags a server needs to be as upstream made it; one that a case gives itself is left out.
    pub own_flags: Vec<String>,
}

/// A step that did not hold.
#[derive(Debug)]
pub struct Failure {
    /// Line of the step in the case file.
    pub line: usize,
    /// What is different, for people.
    pub text: String,
}

/// Runs `case` on `program`; `other` is the one a `swap` changes to. `given` are `${name}`s
/// that the runner knows.
///
/// # Errors
/// The first step that does not hold.
pub fn run(
    service: &Service,
    case: &Case,
    program: &Program,
    other: Option<&Program>,
    given: &Values,
) -> Result<(), Failure> {
    let fail = |line, text| Failure { line, text };
    let folder =
        tempfile::tempdir().map_err(|error| fail(case.line, format!("make a folder: {error}")))?;
    let mut session = Session::new(service, case, program, other, folder.path(), given);
    for step in &case.steps {
        session
            .step(step)
            .map_err(|text| fail(step.line, session.with_log(text)))?;
    }
    Ok(())
}

struct Session<'a> {
    service: &'a Service,
    case: &'a Case,
    program: &'a Program,
    other: Option<&'a Program>,
    is_ours: bool,
    folder: PathBuf,
    values: Values,
    server: Option<Server>,
}

/// What a step left to look at.
#[derive(Debug, Default)]
struct Seen {
    outcome: Option<Outcome>,
    response: Response,
    stderr: Vec<u8>,
}

impl<'a> Session<'a> {
    fn new(
        service: &'a Service,
        case: &'a Case,
        program: &'a Program,
        other: Option<&'a Program>,
        folder: &Path,
        given: &Values,
    ) -> Self {
        let port = crate::ports::free();
        let mut values = given.clone();
        let mut set = |name: &str, value: String| values.insert(name.to_owned(), value);
        set("port", port.to_string());
        set("port2", crate::ports::free().to_string());
        set("address", format!("127.0.0.1:{port}"));
        set("url", format!("http://127.0.0.1:{port}"));
        set("dir", folder.display().to_string());
        set("program", program.path.display().to_string());
        set(
            "name",
            program
                .path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
        let folder = folder.to_owned();
        Self {
            service,
            case,
            program,
            other,
            is_ours: program.is_ours,
            folder,
            values,
            server: None,
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let expect = step
            .ours
            .as_ref()
            .filter(|_| self.is_ours)
            .unwrap_or(&step.expect);
        match &step.action {
            Action::Request(request) => {
                self.need_server()?;
                let seen = self.ask(request)?;
                self.judge(expect, &seen)
            }
            Action::Raw(block) => {
                self.need_server()?;
                let text = fill(&format!("{}\r\n\r\n", block.join("\r\n")), &self.values);
                let bytes = body::unescape(&text)?;
                let seen = Seen::answer(client::send_raw(self.server()?.address(), &bytes))?;
                self.judge(expect, &seen)
            }
            Action::Wait { request, within } => self.wait(request, *within, expect),
            Action::Run(arguments) => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|word| fill(word, &self.values))
                    .collect();
                let finished = command::run(
                    &self.program.path,
                    &arguments,
                    &self.folder,
                    &[],
                    COMMAND_WITHIN,
                )?;
                self.judge(expect, &Seen::finished(finished))
            }
            Action::Shell(script) => {
                let script = fill(&script.join("\n"), &self.values);
                let finished = command::shell(&script, &self.folder, &[], COMMAND_WITHIN)?;
                self.judge(expect, &Seen::finished(finished))
            }
            Action::File { name, content } => {
                let bytes = self.body(content)?;
                let path = self.folder.join(name);
                std::fs::write(&path, bytes)
                    .map_err(|error| format!("write {}: {error}", path.display()))
            }
            Action::Start(flags) => self.start(flags),
            Action::Restart(flags) => {
                self.stop()?;
                self.start(flags)
            }
            Action::Swap => {
                self.need_server()?;
                self.stop()?;
                self.program = self.other.ok_or("there is no other program to swap to")?;
                self.start(&[])
            }
            Action::Stop => {
                self.need_server()?;
                let code = self.stop()?;
                self.judge(
                    expect,
                    &Seen {
                        outcome: Some(Outcome::Number(code)),
                        ..Seen::default()
                    },
                )
            }
            Action::Signal(name) => {
                self.need_server()?;
                self.server()?.process.signal(name)
            }
            Action::Exit => {
                self.need_server()?;
                let code = self.server()?.exit_code(END_WITHIN)?;
                self.judge(
                    expect,
                    &Seen {
                        outcome: Some(Outcome::Number(code)),
                        ..Seen::default()
                    },
                )
            }
            Action::Log => {
                self.need_server()?;
                self.log(expect)
            }
        }
    }

    fn ask(&self, template: &RequestTemplate) -> Result<Seen, String> {
        let request = self.request(template)?;
        Seen::answer(client::send(self.server()?.address(), &request))
    }

    fn request(&self, template: &RequestTemplate) -> Result<Request, String> {
        let header = |(name, value): &(String, String)| {
            (name.clone(), fill(value, &self.values).into_bytes())
        };
        Ok(Request {
            method: template.method.clone(),
            target: fill(&template.target, &self.values),
            headers: template.headers.iter().map(header).collect(),
            body: template
                .body
                .as_ref()
                .map(|template| self.body(template))
                .transpose()?,
        })
    }

    fn body(&self, template: &BodyTemplate) -> Result<Vec<u8>, String> {
        let block: Vec<String> = template
            .block
            .iter()
            .map(|line| fill(line, &self.values))
            .collect();
        body::build(&template.words, &block, &self.folder)
    }

    fn wait(
        &mut self,
        request: &RequestTemplate,
        within: Duration,
        expect: &Expect,
    ) -> Result<(), String> {
        self.need_server()?;
        let deadline = Instant::now() + within;
        loop {
            let verdict = self.ask(request).and_then(|seen| self.judge(expect, &seen));
            match verdict {
                Err(error) if Instant::now() >= deadline => {
                    return Err(format!("not within {within:?}: {error}"));
                }
                Err(_) => std::thread::sleep(LOOK_EVERY),
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Waits until the log holds what it should; what it must lack is looked at once.
    fn log(&self, expect: &Expect) -> Result<(), String> {
        let mut verdict = Ok(());
        let process = &self.server()?.process;
        let found = process.stderr_until(LOG_WITHIN, |log| {
            verdict = expect
                .checks
                .iter()
                .try_for_each(|rule| check::bytes(self.service, rule, log, &self.values));
            verdict.is_ok().then_some(())
        });
        match found {
            Some(()) => Ok(()),
            None => verdict.map_err(|error| format!("log: {error}")),
        }
    }

    fn judge(&mut self, expect: &Expect, seen: &Seen) -> Result<(), String> {
        let body = &seen.response.body;
        if expect.outcome.is_some() && expect.outcome != seen.outcome {
            let shown = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
            let stderr = String::from_utf8_lossy(&seen.stderr).into_owned();
            return Err(format!(
                "expected {:?}, got {:?}; it said\n{shown}\n{stderr}",
                expect.outcome, seen.outcome
            ));
        }
        for (name, rule) in &expect.headers {
            check::header(&seen.response, name, rule, &self.values)?;
        }
        for rule in &expect.checks {
            let bytes = if rule.stream == Stream::Stderr {
                &seen.stderr
            } else {
                body
            };
            check::bytes(self.service, rule, bytes, &self.values)?;
        }
        for (name, regex) in &expect.captures {
            let text = String::from_utf8_lossy(body);
            let found = check::pattern(regex)?
                .captures(&text)
                .and_then(|groups| Some(groups.get(1)?.as_str().to_owned()));
            let found =
                found.ok_or_else(|| format!("nothing to capture with {regex} in\n{text}"))?;
            self.values.insert(name.clone(), found);
        }
        Ok(())
    }

    fn need_server(&mut self) -> Result<(), String> {
        if self.server.is_none() {
            self.start(&[])
        } else {
            Ok(())
        }
    }

    fn server(&self) -> Result<&Server, String> {
        self.server
            .as_ref()
            .ok_or_else(|| "no server was started".to_owned())
    }

    fn start(&mut self, more: &[String]) -> Result<(), String> {
        let mut flags: Vec<String> = self
            .case
            .marks
            .flags
            .iter()
            .chain(more)
            .map(|flag| fill(flag, &self.values))
            .collect();
        for flag in &self.program.own_flags {
            if !flags.iter().any(|given| given.starts_with(flag.as_str())) {
                flags.push(flag.clone());
            }
        }
        let server = Server::start(
            self.service,
            &self.program.path,
            flags,
            &self.values["port"],
            &self.folder,
        )?;
        self.values
            .insert("pid".to_owned(), server.process.id().to_string());
        self.server = Some(server);
        Ok(())
    }

    fn stop(&self) -> Result<i32, String> {
        let server = self.server()?;
        server.process.signal("TERM")?;
        server.exit_code(END_WITHIN)
    }

    /// Adds the end of the log when the server has ended, which usually explains the failure.
    fn with_log(&self, text: String) -> String {
        match &self.server {
            Some(server) if server.process.ended().is_some() => {
                let log = String::from_utf8_lossy(&server.process.stderr()).into_owned();
                let lines: Vec<&str> = log.lines().collect();
                format!(
                    "{text}\nthe server has ended; last log lines:\n{}",
                    lines[lines.len().saturating_sub(8)..].join("\n")
                )
            }
            _ => text,
        }
    }
}

impl Seen {
    fn answer(result: Result<Response, ClientError>) -> Result<Self, String> {
        let mut response = match result {
            Ok(response) => response,
            Err(ClientError::Closed) => {
                return Ok(Self {
                    outcome: Some(Outcome::Closed),
                    ..Self::default()
                });
            }
            Err(error) => return Err(chain(&error)),
        };
        if response.header("content-encoding") == Some("gzip") {
            let mut plain = Vec::new();
            std::io::Read::read_to_end(
                &mut flate2::read::MultiGzDecoder::new(response.body.as_slice()),
                &mut plain,
            )
            .map_err(|error| format!("the answer is no gzip: {error}"))?;
            response.body = plain;
        }
        Ok(Self {
            outcome: Some(Outcome::Number(i32::from(response.status))),
            response,
            ..Self::default()
        })
    }

    fn finished(finished: command::Finished) -> Self {
        let response = Response {
            body: finished.stdout,
            ..Response::default()
        };
        Self {
            outcome: Some(Outcome::Number(finished.code)),
            response,
            stderr: finished.stderr,
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

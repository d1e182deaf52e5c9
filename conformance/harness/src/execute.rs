//! Puts one case to one program: a folder and a port of its own, a server that starts when the first step needs it, then
//! step after step until one does not hold.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::case::{Action, BodyTemplate, Case, Expect, RequestTemplate, Step, Version};
use crate::client::{self, Request};
use crate::normalize::{Values, fill};
use crate::service::Service;
use crate::{body, check, command};

mod seen;
mod server;

use seen::Seen;
use server::Server;

/// How long `run` may take: the program itself, which says something and ends, or is told that it should have.
const RUN_WITHIN: Duration = Duration::from_secs(20);
/// How long `sh` may take.
const SHELL_WITHIN: Duration = Duration::from_secs(60);
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
        set("port3", crate::ports::free().to_string());
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
        if !matches!(
            step.action,
            Action::Run(_) | Action::Shell(_) | Action::File { .. } | Action::Start(_)
        ) {
            self.need_server()?;
        }
        match &step.action {
            Action::Wait { request, within } => self.wait(request, *within, expect),
            Action::Log => self.log(expect),
            action => match self.act(action)? {
                Some(seen) => seen.judge(self.service, expect, &mut self.values),
                None => Ok(()),
            },
        }
    }

    /// Does what a step says; returns what there is to look at afterwards.
    fn act(&mut self, action: &Action) -> Result<Option<Seen>, String> {
        match action {
            Action::Request(request) => self.ask(request).map(Some),
            Action::Raw(block) => {
                let text = fill(&format!("{}\r\n\r\n", block.join("\r\n")), &self.values);
                let bytes = body::unescape(&text)?;
                Seen::answer(client::send_raw(self.server()?.address(), &bytes)).map(Some)
            }
            Action::Run(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| fill(word, &self.values)).collect();
                let finished =
                    command::run(&self.program.path, &words, &self.folder, &[], RUN_WITHIN)?;
                Ok(Some(Seen::finished(finished)))
            }
            Action::Shell(script) => {
                let script = fill(&script.join("\n"), &self.values);
                let finished = command::shell(&script, &self.folder, &[], SHELL_WITHIN)?;
                Ok(Some(Seen::finished(finished)))
            }
            Action::File { name, content } => {
                let path = self.folder.join(name);
                let written = std::fs::write(&path, self.body(content)?);
                written
                    .map_err(|error| format!("write {}: {error}", path.display()))
                    .map(|()| None)
            }
            Action::Start(flags) => self.start(flags).map(|()| None),
            Action::Restart(flags) => {
                self.stop()?;
                self.start(flags).map(|()| None)
            }
            Action::Swap => {
                self.stop()?;
                self.program = self.other.ok_or("there is no other program to swap to")?;
                self.start(&[]).map(|()| None)
            }
            Action::Stop => self.stop().map(|code| Some(Seen::exit(code))),
            Action::Signal(name) => self.server()?.process.signal(name).map(|()| None),
            Action::Exit => self
                .server()?
                .exit_code(END_WITHIN)
                .map(|code| Some(Seen::exit(code))),
            Action::Wait { .. } | Action::Log => {
                unreachable!("steps that look more than once are not acted")
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
        let deadline = Instant::now() + within;
        loop {
            let seen = self.ask(request);
            match seen.and_then(|seen| seen.judge(self.service, expect, &mut self.values)) {
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
            .service
            .flags
            .iter()
            .copied()
            .chain(self.case.marks.flags.iter().chain(more).map(String::as_str))
            .map(|flag| fill(flag, &self.values))
            .collect();
        if self.service.beside.is_some() {
            return self.start_beside(flags);
        }
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

    /// Starts the server that the program under test is a client of.
    fn start_beside(&mut self, flags: Vec<String>) -> Result<(), String> {
        let path = self.values.get("server").ok_or("no server was given")?;
        let server = Server::start(
            self.service,
            Path::new(path),
            flags,
            &self.values["port"],
            &self.folder,
        )?;
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

#[cfg(test)]
mod tests;

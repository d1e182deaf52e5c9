//! Reads case files: Markdown whose `##` headings are cases. Every line that is neither understood nor prose under the
//! first heading is an error, so that a misspelt step cannot pass as text.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::reader::{Reader, header_line, seconds, words};
use super::{Action, BodyTemplate, Case, Expect, Marks, Outcome, RequestTemplate, Step, Version};

/// How long a `wait until` goes on when the line does not say.
const WAIT_DEFAULT: Duration = Duration::from_secs(10);

/// A case file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A line that is no part of a case.
    #[error("{}:{line}: {reason}", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The file or folder cannot be read.
    #[error("read {}", .file.display())]
    Read {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// Parses every `*.md` of `folder` except `README.md`, in the order of their names.
///
/// # Errors
/// [`CaseError`] for the first file that cannot be read or understood.
pub fn parse_folder(folder: &Path) -> Result<Vec<Case>, CaseError> {
    let read = |source| CaseError::Read {
        file: folder.to_owned(),
        source,
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(read)?;
    files.retain(|file| {
        file.extension().is_some_and(|end| end == "md") && !file.ends_with("README.md")
    });
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|source| CaseError::Read {
            file: file.clone(),
            source,
        })?;
        cases.extend(parse(&file, &text)?);
    }
    Ok(cases)
}

/// Parses one file.
///
/// # Errors
/// [`CaseError::Line`] at the first line that is no part of a case.
pub fn parse(file: &Path, text: &str) -> Result<Vec<Case>, CaseError> {
    let mut reader = Reader {
        lines: text.lines().collect(),
        at: 0,
    };
    let mut cases = Vec::new();
    while reader.peek().is_some_and(|line| !line.starts_with("## ")) {
        reader.at += 1;
    }
    while let Some(heading) = reader.next() {
        let line = reader.at;
        cases.push(
            reader
                .case(file, heading)
                .map_err(|reason| CaseError::Line {
                    file: file.to_owned(),
                    line: reader.at,
                    reason,
                })?
                .at(line),
        );
    }
    Ok(cases)
}

impl Case {
    fn at(mut self, line: usize) -> Self {
        self.line = line;
        self
    }
}

impl Reader<'_> {
    fn case(&mut self, file: &Path, heading: &str) -> Result<Case, String> {
        let title = heading.trim_start_matches("## ").trim().to_owned();
        let marks = self.marks()?;
        let mut steps = Vec::new();
        loop {
            self.skip_remarks();
            match self.peek() {
                None => break,
                Some(line) if line.starts_with("## ") => break,
                Some(_) => steps.push(self.step()?),
            }
        }
        if steps.is_empty() {
            return Err(format!("the case `{title}` has no step"));
        }
        Ok(Case {
            title,
            file: file.to_owned(),
            line: 0,
            marks,
            steps,
        })
    }

    fn marks(&mut self) -> Result<Marks, String> {
        let mut marks = Marks::default();
        loop {
            self.skip_remarks();
            let Some((key, value)) = self.peek().and_then(|line| line.split_once(": ")) else {
                return Ok(marks);
            };
            match key {
                "flags" => marks.flags = words(value)?,
                "since" => marks.since = Some(Version::parse(value)),
                "deviation" => marks.deviation = Some(value.to_owned()),
                "only if" => marks.only_if = Some(value.to_owned()),
                "only ours" => marks.only_ours = Some(value.to_owned()),
                "needs" if value == "both" => marks.needs_both = true,
                _ => return Ok(marks),
            }
            self.at += 1;
        }
    }

    fn step(&mut self) -> Result<Step, String> {
        let head = self.next().unwrap_or_default();
        let line = self.at;
        let (head, inline) = match head.split_once(" => ") {
            Some((head, outcome)) => (head, Some(outcome)),
            None => (head, None),
        };
        let (word, rest) = head.split_once(' ').unwrap_or((head, ""));
        if word == "log" {
            let checks = vec![self.check(rest)?];
            let expect = Expect {
                checks,
                ..Expect::default()
            };
            let ours = self.ours()?;
            return Ok(Step {
                line,
                action: Action::Log,
                expect,
                ours,
            });
        }
        let action = self.action(word, rest, inline.is_some())?;
        let written = inline.or_else(|| {
            let below = self.peek()?.strip_prefix("=> ")?;
            self.at += 1;
            Some(below)
        });
        let expect = match written {
            Some(outcome) => self.expect(outcome)?,
            None => unanswered(&action)?,
        };
        let ours = self.ours()?;
        Ok(Step {
            line,
            action,
            expect,
            ours,
        })
    }

    fn ours(&mut self) -> Result<Option<Expect>, String> {
        let Some(outcome) = self.peek().and_then(|line| line.strip_prefix("ours => ")) else {
            return Ok(None);
        };
        self.at += 1;
        self.expect(outcome).map(Some)
    }

    /// `answered`: the expectation stands on the step's own line, so what follows belongs to it.
    fn action(&mut self, word: &str, rest: &str, answered: bool) -> Result<Action, String> {
        Ok(match word {
            "RAW" => Action::Raw(self.block()),
            "wait" => {
                let (within, rest) = match rest.strip_prefix("until ") {
                    Some(rest) => (WAIT_DEFAULT, rest),
                    None => {
                        let (time, rest) = rest
                            .split_once(" until ")
                            .ok_or("expected `wait [5s] until METHOD /path`")?;
                        (seconds(time)?, rest)
                    }
                };
                let (method, target) = rest
                    .split_once(' ')
                    .ok_or("expected a method and a target")?;
                Action::Wait {
                    request: self.request(method, target, answered)?,
                    within,
                }
            }
            "run" => Action::Run(words(rest)?),
            "sh" => Action::Shell(self.block()),
            "file" => {
                let mut options = words(rest)?;
                if options.is_empty() {
                    return Err("a file needs a name".to_owned());
                }
                let name = options.remove(0);
                Action::File {
                    name,
                    content: BodyTemplate {
                        words: options,
                        block: self.block(),
                    },
                }
            }
            "start" => Action::Start(words(rest)?),
            "restart" => Action::Restart(words(rest)?),
            "swap" => Action::Swap,
            "stop" => Action::Stop,
            "signal" => Action::Signal(rest.to_owned()),
            "exit" => Action::Exit,
            _ if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Action::Request(self.request(word, rest, answered)?)
            }
            _ => return Err(format!("no step begins with `{word}`")),
        })
    }

    fn request(
        &mut self,
        method: &str,
        target: &str,
        answered: bool,
    ) -> Result<RequestTemplate, String> {
        let mut request = RequestTemplate {
            method: method.to_owned(),
            target: target.to_owned(),
            ..RequestTemplate::default()
        };
        if answered {
            return Ok(request);
        }
        while let Some((name, value)) = self.peek().and_then(header_line) {
            self.at += 1;
            if name == "body" {
                request.body = Some(BodyTemplate {
                    words: words(value)?,
                    block: self.block(),
                });
            } else {
                request.headers.push((name.to_owned(), value.to_owned()));
            }
        }
        if request.body.is_none() {
            let block = self.block();
            request.body = (!block.is_empty()).then(|| BodyTemplate {
                words: Vec::new(),
                block,
            });
        }
        Ok(request)
    }
}

/// Returns what is expected of a step without an arrow: scripts must succeed, and what is asked must be judged.
fn unanswered(action: &Action) -> Result<Expect, String> {
    match action {
        Action::Shell(_) => Ok(Expect {
            outcome: Some(Outcome::Number(0)),
            ..Expect::default()
        }),
        Action::Request(_)
        | Action::Raw(_)
        | Action::Wait { .. }
        | Action::Run(_)
        | Action::Exit => Err("this step needs a `=>`".to_owned()),
        _ => Ok(Expect::default()),
    }
}

//! What a step left to look at, and whether it is what the case expects.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::case::{Expect, Outcome, Stream};
use crate::check;
use crate::client::{ClientError, Response};
use crate::command::Finished;
use crate::normalize::Values;
use crate::service::Service;

/// Most bytes of a body shown when the status is another one.
const SHOWN_BYTES_MAX: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Seen {
    outcome: Option<Outcome>,
    response: Response,
    stderr: Vec<u8>,
}

impl Seen {
    /// Takes an answer, decompressed if it says so; a closed connection is an outcome, any other failure an error.
    pub(super) fn answer(result: Result<Response, ClientError>) -> Result<Self, String> {
        let mut response = match result {
            Ok(response) => response,
            Err(ClientError::Closed) => return Ok(Self::outcome(Outcome::Closed)),
            Err(error) => return Err(chain(&error)),
        };
        if response.header("content-encoding") == Some("gzip") {
            let mut plain = Vec::new();
            MultiGzDecoder::new(response.body.as_slice())
                .read_to_end(&mut plain)
                .map_err(|error| format!("the answer is no gzip: {error}"))?;
            response.body = plain;
        }
        let seen = Self::exit(i32::from(response.status));
        Ok(Self { response, ..seen })
    }

    /// Takes a command that has ended; its standard output is looked at like a body.
    pub(super) fn finished(finished: Finished) -> Self {
        let response = Response {
            body: finished.stdout,
            ..Response::default()
        };
        Self {
            response,
            stderr: finished.stderr,
            ..Self::exit(finished.code)
        }
    }

    /// Takes the end of a server.
    pub(super) fn exit(code: i32) -> Self {
        Self::outcome(Outcome::Number(code))
    }

    fn outcome(outcome: Outcome) -> Self {
        Self {
            outcome: Some(outcome),
            ..Self::default()
        }
    }

    /// Holds it against `expect`; what the case captures is added to `values`.
    pub(super) fn judge(
        &self,
        service: &Service,
        expect: &Expect,
        values: &mut Values,
    ) -> Result<(), String> {
        let body = &self.response.body;
        if expect.outcome.is_some() && expect.outcome != self.outcome {
            let body = String::from_utf8_lossy(&body[..body.len().min(SHOWN_BYTES_MAX)]);
            let stderr = String::from_utf8_lossy(&self.stderr);
            let (wanted, got) = (expect.outcome, self.outcome);
            return Err(format!(
                "expected {wanted:?}, got {got:?}; it said\n{body}\n{stderr}"
            ));
        }
        for (name, rule) in &expect.headers {
            check::header(&self.response, name, rule, values)?;
        }
        for rule in &expect.checks {
            let bytes = if rule.stream == Stream::Stderr {
                &self.stderr
            } else {
                body
            };
            check::bytes(service, rule, bytes, values)?;
        }
        for (name, regex) in &expect.captures {
            let text = String::from_utf8_lossy(body);
            let groups = check::pattern(regex)?.captures(&text);
            let found = groups.as_ref().and_then(|groups| groups.get(1));
            let found =
                found.ok_or_else(|| format!("nothing to capture with {regex} in\n{text}"))?;
            values.insert(name.clone(), found.as_str().to_owned());
        }
        Ok(())
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let levels: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    levels.join(": ")
}

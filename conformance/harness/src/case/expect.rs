//! The right side of an arrow: outcome, header rules, ways to compare, captures.

use super::reader::{Reader, header_line};
use super::{Check, Expect, HeaderRule, Mode, Outcome, Stream};

impl Reader<'_> {
    pub(super) fn expect(&mut self, first: &str) -> Result<Expect, String> {
        let (outcome, mode) = first
            .split_once(", ")
            .map_or((first, None), |(outcome, mode)| (outcome, Some(mode)));
        let outcome = match outcome.trim() {
            "any" => None,
            "closed" => Some(Outcome::Closed),
            number => Some(Outcome::Number(
                number
                    .parse()
                    .map_err(|_| format!("no outcome `{number}`"))?,
            )),
        };
        let mut expect = Expect {
            outcome,
            ..Expect::default()
        };
        while let Some((name, value)) = self.peek().and_then(header_line) {
            self.at += 1;
            expect.headers.push((name.to_owned(), header_rule(value)));
        }
        if let Some(mode) = mode {
            expect.checks.push(self.check(mode)?);
        }
        loop {
            if let Some(mode) = self.peek().and_then(|line| line.strip_prefix("and ")) {
                self.at += 1;
                expect.checks.push(self.check(mode)?);
            } else if let Some(capture) = self.peek().and_then(|line| line.strip_prefix("capture "))
            {
                self.at += 1;
                let (name, regex) = capture
                    .split_once(' ')
                    .ok_or("expected `capture NAME REGEX`")?;
                expect.captures.push((name.to_owned(), regex.to_owned()));
            } else {
                return Ok(expect);
            }
        }
    }

    pub(super) fn check(&mut self, text: &str) -> Result<Check, String> {
        let (stream, mode) = match text.split_once(' ') {
            Some(("stderr", mode)) => (Stream::Stderr, mode),
            Some(("stdout", mode)) => (Stream::Main, mode),
            _ => (Stream::Main, text),
        };
        let mode = match mode {
            "empty" => Mode::Empty,
            "exactly" => Mode::Exactly,
            "exactly bare" => Mode::ExactlyBare,
            "exactly escaped" => Mode::ExactlyEscaped,
            "contains" => Mode::Contains,
            "lines" => Mode::Lines,
            "lacks" => Mode::Lacks,
            "matches" => Mode::Matches,
            "lacks match" => Mode::LacksMatch,
            "metrics" => Mode::Metrics,
            "exposition" => Mode::Exposition,
            "json" => Mode::Json,
            "json unordered" => Mode::JsonUnordered,
            "json contains" => Mode::JsonContains,
            "protobuf" => Mode::Protobuf,
            _ => return Err(format!("no way to compare is called `{mode}`")),
        };
        let block = self.block();
        if block.is_empty()
            && !matches!(
                mode,
                Mode::Empty | Mode::Metrics | Mode::Exposition | Mode::Protobuf
            )
        {
            return Err(format!("`{text}` needs indented lines below it"));
        }
        Ok(Check {
            stream,
            mode,
            block,
        })
    }
}

fn header_rule(value: &str) -> HeaderRule {
    if value == "absent" {
        return HeaderRule::Absent;
    }
    match value
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
    {
        Some(regex) if !regex.is_empty() => HeaderRule::Matches(regex.to_owned()),
        _ => HeaderRule::Is(value.to_owned()),
    }
}

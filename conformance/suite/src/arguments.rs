//! The command line of `conformance-suite`. This program is no part of the kit, so it reads its own arguments.

use std::path::PathBuf;

/// What the command line asks for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Arguments {
    /// `run` or `clients`.
    pub command: String,
    /// `--service`, default `pushgateway`.
    pub service: String,
    /// `--ours`: the program that is judged.
    pub ours: Option<PathBuf>,
    /// `--upstream`: the program each case is proven on first.
    pub upstream: Option<PathBuf>,
    /// `--server`: the server of a service that is a client, default upstream's.
    pub server: Option<PathBuf>,
    /// `--filter`: only cases whose file or title holds this text.
    pub filter: String,
    /// `--jobs`: cases at a time, default 4 (they mostly wait).
    pub jobs: usize,
}

/// Shown with every usage error.
pub const USAGE: &str = "usage: conformance-suite run|clients [--service NAME] [--ours PATH] [--upstream PATH|peer|debian] [--server PATH] [--filter TEXT] [--jobs N]";

/// Returns the arguments of this process.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "conformance is its own program and links nothing of the kit"
)]
pub fn of_process() -> Vec<String> {
    std::env::args().skip(1).collect()
}

/// Returns a variable of the environment.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "conformance is its own program and links nothing of the kit"
)]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads the command line.
///
/// # Errors
/// A text that names the argument that is not understood.
pub fn parse(words: &[String]) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        service: "pushgateway".to_owned(),
        jobs: 4,
        ..Arguments::default()
    };
    let mut words = words.iter();
    arguments.command = words
        .next()
        .filter(|word| matches!(word.as_str(), "run" | "clients"))
        .cloned()
        .ok_or("no command")?;
    while let Some(word) = words.next() {
        let (flag, inline) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        let mut value = || {
            inline
                .or_else(|| words.next().map(String::as_str))
                .ok_or_else(|| format!("{flag} needs a value"))
        };
        match flag {
            "--service" => arguments.service = value()?.to_owned(),
            "--ours" => arguments.ours = Some(value()?.into()),
            "--upstream" => arguments.upstream = Some(value()?.into()),
            "--server" => arguments.server = Some(value()?.into()),
            "--filter" => arguments.filter = value()?.to_owned(),
            "--jobs" => {
                let value = value()?;
                arguments.jobs = value
                    .parse()
                    .ok()
                    .filter(|jobs| *jobs > 0)
                    .ok_or_else(|| format!("--jobs {value}"))?;
            }
            _ => return Err(format!("unknown argument {word}")),
        }
    }
    if arguments.ours.is_none() && arguments.upstream.is_none() {
        return Err("neither --ours nor --upstream is given".to_owned());
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn parsed(line: &str) -> Result<super::Arguments, String> {
        parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn both_spellings_of_a_value_are_read() {
        let arguments = parsed("run --ours=/a --upstream /b --filter x --jobs 2").unwrap();
        assert_eq!(
            (arguments.ours, arguments.upstream),
            (Some("/a".into()), Some("/b".into()))
        );
        assert_eq!(
            (
                arguments.service.as_str(),
                arguments.filter.as_str(),
                arguments.jobs
            ),
            ("pushgateway", "x", 2)
        );
    }

    #[test]
    fn mistakes_are_refused() {
        for line in [
            "",
            "jump --ours a",
            "run",
            "run --ours",
            "run --ours a --jobs 0",
            "run --ours a extra",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}

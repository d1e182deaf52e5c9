//! The command line of `conformance-etcd`. This program is no part of the kit, so it reads its own arguments.

use std::path::PathBuf;

/// What the command line asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arguments {
    /// `differential`, `crash`, `disk` or `hostile`.
    pub command: String,
    /// `--ours`: the program that is judged.
    pub ours: PathBuf,
    /// `--upstream`: the program it is held against; needed by `differential`.
    pub upstream: Option<PathBuf>,
    /// `--count`: how many operations, crashes, or large puts.
    pub count: usize,
    /// `--seed`: which script.
    pub seed: u64,
}

/// Shown with every usage error.
pub const USAGE: &str = "usage: conformance-etcd differential|crash|disk|hostile --ours PATH [--upstream PATH] [--count N] [--seed N]";

/// Returns the arguments of this process.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "conformance is its own program and links nothing of the kit"
)]
pub fn of_process() -> Vec<String> {
    std::env::args().skip(1).collect()
}

/// Reads the command line.
///
/// # Errors
/// A text that names the argument that is not understood.
pub fn parse(words: &[String]) -> Result<Arguments, String> {
    let mut words = words.iter();
    let command = words
        .next()
        .filter(|word| matches!(word.as_str(), "differential" | "crash" | "disk" | "hostile"))
        .ok_or("no command")?
        .clone();
    let (mut ours, mut upstream) = (None, None);
    let (mut count, mut seed) = (1000, 1);
    while let Some(flag) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{flag} needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|error| format!("{flag} {value}: {error}"))
        };
        match flag.as_str() {
            "--ours" => ours = Some(PathBuf::from(value)),
            "--upstream" => upstream = Some(PathBuf::from(value)),
            "--count" => count = usize::try_from(number()?).map_err(|error| error.to_string())?,
            "--seed" => seed = number()?,
            _ => return Err(format!("unknown argument {flag}")),
        }
    }
    let ours = ours.ok_or("--ours is not given")?;
    if command == "differential" && upstream.is_none() {
        return Err("--upstream is not given".to_owned());
    }
    Ok(Arguments {
        command,
        ours,
        upstream,
        count,
        seed,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn parsed(line: &str) -> Result<super::Arguments, String> {
        parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_given_counts() {
        let arguments = parsed("crash --ours /a --count 7 --seed 9").unwrap();
        assert_eq!((arguments.count, arguments.seed), (7, 9));
    }

    #[test]
    fn mistakes_are_refused() {
        for line in [
            "",
            "jump --ours a",
            "crash",
            "differential --ours a",
            "crash --ours a --count x",
            "crash --ours a b c",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}

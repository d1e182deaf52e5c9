//! Gate 1, no mixing: `crypto` compiles with exactly one provider. The real source goes through the real compiler once
//! for each of the eight choices of features, without its dependencies: `compile_error!` speaks before names are
//! resolved, so this costs seconds where a build of two providers would cost minutes.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::finding::Finding;
use crate::provider::Provider;

/// Says what a compiler prints for a source file under some features.
pub type Compile<'a> = dyn Fn(&Path, &[Provider]) -> io::Result<String> + 'a;

/// Finds choices of features for which the crate at `library` does the wrong thing: it must refuse to compile, naming
/// the features, unless exactly one is chosen.
///
/// # Errors
/// When the compiler does not start.
pub fn check(library: &Path, compile: &Compile<'_>) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for choice in choices() {
        let refused = refuses(&compile(library, &choice)?);
        let names: Vec<_> = choice.iter().map(|provider| provider.feature()).collect();
        let finding =
            |text: &str| Finding::about("crypto", format!("with the features {names:?} {text}"));
        match (choice.len() == 1, refused) {
            (true, true) => found.push(finding(
                "it refuses to compile, although one provider is chosen",
            )),
            (false, false) => found.push(finding("no compile_error! stops the build")),
            _ => {}
        }
    }
    Ok(found)
}

/// Runs rustc on `library` with `providers` as features and returns what it prints. The crates it would need are absent,
/// so it never gets past name resolution; nothing is written.
///
/// # Errors
/// When rustc does not start.
pub fn rustc(library: &Path, providers: &[Provider]) -> io::Result<String> {
    let features = providers
        .iter()
        .flat_map(|provider| ["--cfg".to_owned(), format!("feature=\"{provider}\"")]);
    let output = Command::new("rustc")
        .args([
            "--crate-name",
            "crypto",
            "--crate-type",
            "lib",
            "--edition",
            "2024",
            "--emit",
            "metadata",
            "-o",
            "/dev/null",
        ])
        .args(["--error-format", "short"])
        .args(features)
        .arg(library)
        .output()?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Whether the compiler's words hold the refusal: one error line that names all three features.
fn refuses(printed: &str) -> bool {
    let names_all = |line: &str| {
        Provider::ALL
            .iter()
            .all(|provider| line.contains(provider.feature()))
    };
    printed
        .lines()
        .any(|line| line.contains("error: crypto:") && names_all(line))
}

/// All subsets of the providers.
fn choices() -> Vec<Vec<Provider>> {
    let subset = |bits: usize| {
        Provider::ALL
            .into_iter()
            .enumerate()
            .filter(|(index, _)| bits >> index & 1 == 1)
            .map(|(_, each)| each)
            .collect()
    };
    (0..1 << Provider::ALL.len()).map(subset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSAL: &str = "lib.rs:9:1: error: crypto: choose one of ring, aws-lc, fips";

    #[track_caller]
    fn check_with(compile: &Compile<'_>, expected_count: usize) {
        let found = check(Path::new("lib.rs"), compile).unwrap();
        assert_eq!(found.len(), expected_count, "{found:?}");
    }

    #[test]
    fn a_crate_that_wants_exactly_one_passes() {
        check_with(
            &|_, choice| {
                Ok(if choice.len() == 1 {
                    "error[E0432]: unresolved import".to_owned()
                } else {
                    REFUSAL.to_owned()
                })
            },
            0,
        );
    }

    #[test]
    fn a_crate_that_takes_anything_is_found_five_times() {
        check_with(&|_, _| Ok(String::new()), 5);
    }

    #[test]
    fn a_crate_that_takes_nothing_is_found_three_times() {
        check_with(&|_, _| Ok(REFUSAL.to_owned()), 3);
    }

    #[test]
    fn a_crate_that_forgets_one_pair_is_found() {
        let forgets = |_: &Path, choice: &[Provider]| {
            let forgotten = choice == [Provider::AwsLc, Provider::Fips];
            Ok(if choice.len() == 1 || forgotten {
                String::new()
            } else {
                REFUSAL.to_owned()
            })
        };
        check_with(&forgets, 1);
    }
}

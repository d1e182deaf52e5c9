//! What the fuzz targets in `fuzz/` call, and what a test replays on their corpora: configuration files, and the words of
//! settings that have a syntax of their own.

use std::{ffi::OsString, time::Duration};

use kit_cli::{
    MapEnv,
    dialect::{Dialect, Outcome},
};

use crate::{
    Config, auth_token, file,
    flags::{self, Written},
    gates::{self, Gate},
    log,
};

/// Reads a configuration file. What is accepted leads to a configuration or to a refusal.
pub fn fuzz_config_file(data: &[u8]) {
    if let Ok(written) = file::parse(data) {
        check(&written);
    }
}

/// Reads words as a command line, one a line, and each as gates and as `--auth-token`.
///
/// # Panics
/// When gates that were read are not read as the same again.
pub fn fuzz_settings(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    for line in text.lines() {
        if let Ok(read) = gates::parse(line) {
            let said = Gate::ALL
                .iter()
                .map(|gate| format!("{}={}", gate.name(), read.is_open(*gate)));
            let again =
                gates::parse(&said.collect::<Vec<_>>().join(",")).expect("as help writes them");
            assert!(
                Gate::ALL
                    .iter()
                    .all(|gate| again.is_open(*gate) == read.is_open(*gate))
            );
        }
        // Key files are none of its business.
        if !line.contains("key") {
            drop(auth_token::read(line, Duration::ZERO));
        }
    }
    let words: Vec<OsString> = text.lines().map(OsString::from).collect();
    if let Outcome::Run(matches) = flags::command().interpret("etcd", &words, &MapEnv::default())
        && let Ok(written) = flags::read(&matches.flags, &MapEnv::default())
    {
        check(&written);
    }
}

fn check(written: &Written) {
    if let Ok(settings) = log::settings(&written.values)
        && let Ok(config) = Config::of(&written.values, settings)
    {
        assert!(config.raft.election_ticks() >= 5);
        let _ = config.check_release(false);
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[track_caller]
    fn replay(target: &str, run: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let mut count = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            run(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "{count} inputs of {target}");
    }

    #[test]
    fn the_corpora_are_replayed() {
        replay("config_file", fuzz_config_file);
        replay("settings", fuzz_settings);
    }
}

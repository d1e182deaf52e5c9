//! The kit as it is: the real services, and the lines a newcomer copies and pastes.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use stack::{catalog::CATALOG, status::Health};

use crate::workbench::{Workbench, eventually, told};

/// The feature that both programs are built with.
const PROVIDER: &str = if cfg!(feature = "fips") {
    "fips"
} else if cfg!(feature = "aws-lc") {
    "aws-lc"
} else {
    "ring"
};

#[test]
fn the_printed_lines_push_and_scrape_a_metric_that_survives_a_restart() {
    let bench = Workbench::with_programs(built());
    let greeting = detach(&bench);
    let push = line_after(&greeting, "Push a first metric:");
    let scrape = line_after(&greeting, "Scrape it:");
    let (code, out, err) = shell(&push);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(
        shell(&scrape)
            .1
            .contains("first_metric{instance=\"\",job=\"first\"} 42\n")
    );

    let services = bench.record().unwrap().services;
    assert_eq!(told(&bench.run(&["down"])).0, Some(0));
    assert!(services.iter().all(|service| !service.process.is_alive()));
    assert_ne!(shell(&scrape).0, Some(0), "nothing listens any more");

    detach(&bench);
    assert!(
        shell(&scrape)
            .1
            .contains("first_metric{instance=\"\",job=\"first\"} 42\n")
    );
}

#[test]
fn the_printed_lines_put_and_get_a_key_that_is_drawn_on_the_page() {
    let bench = Workbench::with_programs(built());
    let greeting = detach(&bench);
    let put = line_after(&greeting, "Put a first key:");
    let get = line_after(&greeting, "Get it:");
    assert_eq!(shell(&put), (Some(0), "OK\n".to_owned(), String::new()));
    assert_eq!(shell(&get).1, "first\n42\n");
    let plots = eventually(|| {
        let mut services = bench.status().services.into_iter();
        let plots = services.find(|it| it.name == "etcd")?.plots;
        let puts = &plots.first()?.points;
        puts.iter()
            .flatten()
            .any(|rate| *rate > 0.0)
            .then_some(plots)
    });
    let titles: Vec<&str> = plots.iter().map(|line| line.title.as_str()).collect();
    assert_eq!(titles, ["Puts", "Ranges", "Database", "Log sync"]);
    for line in plots {
        assert!(
            line.points.iter().flatten().any(|point| *point > 0.0),
            "{line:?}"
        );
    }
}

#[test]
fn every_service_tells_its_version_and_its_crypto() {
    let bench = Workbench::with_programs(built());
    detach(&bench);
    let services = eventually(|| {
        let services = bench.status().services;
        let are_known = services
            .iter()
            .all(|it| it.version.is_some() && it.crypto.is_some());
        are_known.then_some(services)
    });
    assert_eq!(services.len(), CATALOG.len());
    for service in services {
        assert_eq!(service.health, Health::Healthy);
        assert!(service.version.unwrap().contains('.'));
        let crypto = service.crypto.unwrap();
        assert_eq!(crypto.provider, crypto_provider());
        assert!(!crypto.module.name.is_empty() && !crypto.mode.is_empty());
    }
}

/// Returns the provider's own name, which a report shows.
fn crypto_provider() -> &'static str {
    crypto::provider().name()
}

/// Returns the line to copy that is printed for a step.
#[track_caller]
fn line_after(greeting: &str, title: &str) -> String {
    let mut lines = greeting.lines().skip_while(|line| *line != title);
    let line = lines.nth(1);
    line.unwrap_or_else(|| panic!("no {title} in {greeting}"))
        .trim()
        .to_owned()
}

fn detach(bench: &Workbench) -> String {
    let (code, out, err) = told(&bench.up(&["--detach"]).output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    out
}

fn shell(line: &str) -> (Option<i32>, String, String) {
    // The shell would tell the end of grep alone; a service that is gone shows in curl.
    let line = format!("set -o pipefail; {line}");
    told(&Command::new("bash").args(["-c", &line]).output().unwrap())
}

/// Builds the services as they stand now, beside the program under test, and returns their folder.
fn built() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_stack")).parent().unwrap();
    // The lines to copy use the client beside the services.
    let programs = CATALOG
        .iter()
        .map(|service| service.name)
        .chain(["etcdctl"]);
    for program in programs {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", program, "--target-dir"]);
        cargo.arg(folder.parent().unwrap());
        if PROVIDER != "ring" {
            cargo.args(["--no-default-features", "--features", PROVIDER]);
        }
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(
            cargo.status().unwrap().success(),
            "cargo build --package {}",
            program
        );
    }
    folder.to_owned()
}

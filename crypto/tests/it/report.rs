//! The report as others read it: golden files, the schema, and the page that explains it.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use serde_json::Value;

use crate::program_file::example;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(folder(name)).unwrap()
}

/// The report of a process of its own: this one runs other tests, which leave their traces in it.
fn live() -> Value {
    let output = Command::new(example("crypto_report")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().nth(1).unwrap()).unwrap()
}

const PROVIDERS: [&str; 3] = ["ring", "aws-lc", "aws-lc-fips"];

fn golden(provider: &str) -> Value {
    serde_json::from_str(&read(&format!("testdata/report/{provider}.json"))).unwrap()
}

/// Puts fixed values in the place of what differs from machine to machine and from lock file to lock file.
fn normalise(mut report: Value) -> Value {
    let fixed = [
        ("/environment/os", Value::Null),
        ("/environment/kernel", Value::Null),
        ("/environment/cpu", "a processor".into()),
        ("/environment/machine", Value::Null),
        ("/kernel_fips", Value::Null),
        ("/build/target", "a target".into()),
        ("/build/rustc", "a compiler".into()),
        (
            "/build/lock_hash",
            format!("sha256:{}", "0".repeat(64)).into(),
        ),
    ];
    for (field, value) in fixed {
        *report.pointer_mut(field).unwrap() = value;
    }
    report
}

#[test]
fn the_report_is_the_golden_file_of_its_provider() {
    let provider = crypto::provider().name();
    let actual = normalise(live());
    let text = serde_json::to_string_pretty(&actual).unwrap() + "\n";
    let path = folder("testdata/report").join(format!("{provider}.json"));
    if fs::read_to_string(&path).ok() != Some(text.clone()) {
        let new = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{provider}.json"));
        fs::write(&new, text).unwrap();
        panic!(
            "{} differs from the report, which is in {}",
            path.display(),
            new.display()
        );
    }
}

/// Python's validator: one of Rust would bring forty crates for this one test.
const VALIDATE: &str = "
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    print('; '.join(sorted(e.json_path + ': ' + e.message for e in validator.iter_errors(json.loads(line)))))
";

/// What the schema finds wrong with each report; nothing for one that fits.
fn validate(reports: &[Value]) -> Vec<String> {
    let input = folder("docs/report.schema.json");
    let lines = tempfile::NamedTempFile::new().unwrap();
    fs::write(
        lines.path(),
        reports
            .iter()
            .map(|report| format!("{report}\n"))
            .collect::<String>(),
    )
    .unwrap();
    let output = Command::new("python3")
        .args(["-c", VALIDATE])
        .arg(input)
        .stdin(fs::File::open(lines.path()).unwrap())
        .output()
        .expect("scripts/setup.sh test installs python3-jsonschema");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found = String::from_utf8(output.stdout).unwrap();
    found.lines().map(str::to_owned).collect()
}

#[test]
fn live_reports_and_golden_files_fit_the_schema() {
    let mut reports = PROVIDERS.map(golden).to_vec();
    reports.push(live());
    assert_eq!(validate(&reports), ["", "", "", ""]);
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let changed = |pointer: &str, value: Value| {
        let mut report = golden("aws-lc-fips");
        *report.pointer_mut(pointer).unwrap() = value;
        report
    };
    let mut reports = vec![
        changed("/mode", "standard".into()),
        changed("/module/certificate", "5314".into()),
        changed("/self_test/integrity", Value::Null),
        changed("/tls/ems_required", false.into()),
        changed("/build/features", Value::from(vec!["ring"])),
    ];
    for removed in golden("aws-lc-fips").as_object().unwrap().keys() {
        let mut report = golden("aws-lc-fips");
        report.as_object_mut().unwrap().remove(removed);
        reports.push(report);
    }
    let mut added = golden("ring");
    added["module"]["status"] = "validated".into();
    reports.push(added.clone());
    added["surprise"] = true.into();
    reports.push(added);
    let found = validate(&reports);
    assert_eq!(found.len(), reports.len());
    assert!(found.iter().all(|text| !text.is_empty()), "{found:#?}");
}

#[test]
fn every_field_of_the_schema_stands_on_the_page_and_the_other_way_round() {
    let schema: Value = serde_json::from_str(&read("docs/report.schema.json")).unwrap();
    let mut fields = BTreeSet::new();
    collect("", &schema, &mut fields);
    let page = read("docs/report.md");
    let table = page
        .split("## The fields")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let explained: BTreeSet<_> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(explained, fields);
    assert!(
        fields.contains("module.source_commit") && fields.len() > 30,
        "{fields:?}"
    );
}

fn collect(prefix: &str, schema: &Value, fields: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        collect(&format!("{path}."), field, fields);
        fields.insert(path);
    }
}

#[test]
fn the_page_names_every_probe_of_the_service_indicator_and_what_it_answers() {
    let page = read("docs/report.md");
    let section = page.split("## The service indicator").nth(1).unwrap();
    let (approved, others) = section.split_once("and these `false`").unwrap();
    let probes = golden("aws-lc-fips")["self_test"]["service_indicator"].clone();
    for (part, expected) in [
        (approved, true),
        (others.split("\n\nA probe").next().unwrap(), false),
    ] {
        let named: BTreeSet<_> = part
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| *name != "true")
            .collect();
        let answers = probes.as_object().unwrap().iter();
        let measured: BTreeSet<_> = answers
            .filter(|(_, approved)| **approved == expected)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(named, measured);
    }
}

//! `crypto-report`, the verb of our own tools: print the report, and end with what it means.

use std::io::{self, Write};

use serde_json::Value;

use super::Report;
use crate::{
    linked::Crates,
    self_test::{self, indicator_is_sound},
    settings::Settings,
};

/// How the report is printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Form {
    /// A line for each field, for people.
    #[default]
    Text,
    /// One line of JSON.
    Json,
}

/// What a report means for the exit code of the tool that printed it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Nothing is wrong.
    Sound = 0,
    /// FIPS was required, and this is no FIPS build.
    NotFips = 1,
    /// A self-test failed, or the service indicator answers otherwise than the module's policy says.
    SelfTestFailed = 2,
}

impl Verdict {
    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        self as u8
    }
}

/// Prints the report of this process. Unlike [`crate::start`] it does not stop at a failed self-test: the report that says
/// so is what was asked for.
///
/// # Errors
/// When `out` cannot be written.
pub fn tell(
    settings: &Settings,
    crates: Crates,
    form: Form,
    require_fips: bool,
    out: &mut dyn Write,
) -> io::Result<Verdict> {
    // Another list or other settings are those of a process that started before; its report is told.
    crates.set();
    settings.set_current();
    let settings = Settings::current();
    // The start check names more reasons than the tests have fields, such as a module of another version.
    let is_proven = self_test::at_start(settings.mode()).is_ok();
    let report = Report::new(settings, self_test::run());
    let value = report.to_value();
    match form {
        Form::Json => writeln!(out, "{value}")?,
        Form::Text => out.write_all(text(&value).as_bytes())?,
    }
    let is_proven = is_proven && indicator_is_sound(&value["self_test"]["service_indicator"]);
    Ok(verdict(&report, is_proven, require_fips))
}

fn verdict(report: &Report, is_proven: bool, require_fips: bool) -> Verdict {
    if !is_proven || report.self_test.has_failed() {
        Verdict::SelfTestFailed
    } else if (require_fips || report.settings.require_fips) && !report.settings.mode().is_fips() {
        Verdict::NotFips
    } else {
        Verdict::Sound
    }
}

/// A line for each field, under the name the documentation explains it by.
fn text(value: &Value) -> String {
    let mut lines = Vec::new();
    flatten(String::new(), value, &mut lines);
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines
        .iter()
        .map(|(name, text)| format!("{name:width$}  {text}\n"))
        .collect()
}

fn flatten(name: String, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            let dot = if name.is_empty() { "" } else { "." };
            for (field, value) in fields {
                flatten(format!("{name}{dot}{field}"), value, lines);
            }
        }
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| item.as_str().unwrap_or_default())
                .collect();
            lines.push((
                name,
                if items.is_empty() {
                    "none".to_owned()
                } else {
                    items.join(" ")
                },
            ));
        }
        Value::Null => lines.push((name, "none".to_owned())),
        Value::String(text) => lines.push((name, text.clone())),
        other => lines.push((name, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Form, Report, Verdict, tell, text, verdict};
    use crate::{
        linked::Crates,
        self_test::{self, SelfTest, indicator_is_sound},
        settings::Settings,
    };

    /// A list as every program has it.
    fn crates() -> Crates {
        Crates::of("anyhow 1.0.0\n")
    }

    fn told(form: Form, require_fips: bool) -> (String, Verdict) {
        let mut out = Vec::new();
        let verdict = tell(&Settings::default(), crates(), form, require_fips, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), verdict)
    }

    #[test]
    fn the_report_of_this_build_is_sound_and_told_in_both_forms() {
        let (json, verdict) = told(Form::Json, false);
        assert_eq!(verdict, Verdict::Sound);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["provider"], crate::provider().name());
        let (text, verdict) = told(Form::Text, false);
        assert_eq!(verdict, Verdict::Sound);
        let version = value["module"]["version"].as_str().unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("module.version "))
            .unwrap();
        assert!(line.ends_with(version), "{line}");
    }

    #[test]
    fn a_build_that_is_not_fips_ends_with_1_when_fips_is_required() {
        let expected = if cfg!(feature = "fips") { 0 } else { 1 };
        assert_eq!(told(Form::Text, true).1.exit_code(), expected);
    }

    #[test]
    fn a_failed_self_test_ends_with_2_whatever_else_is_asked() {
        let failed = SelfTest {
            linked_crates: Some(false),
            ..self_test::run()
        };
        let report = Report::new(Settings::default(), failed);
        assert_eq!(verdict(&report, true, true).exit_code(), 2);
        let report = Report::new(Settings::default(), self_test::run());
        assert_eq!(verdict(&report, false, true).exit_code(), 2);
    }

    #[test]
    fn an_indicator_that_answers_otherwise_is_not_sound() {
        assert!(indicator_is_sound(&json!({ "md5": false, "sha256": true })));
        for probes in [json!({ "md5": true }), json!({ "sha256": false })] {
            assert!(!indicator_is_sound(&probes), "{probes}");
        }
    }

    #[test]
    fn the_text_names_fields_as_the_documentation_does() {
        let value = json!({ "a": { "b": null, "cc": ["x", "y"] }, "d": true, "e": [] });
        assert_eq!(
            text(&value),
            "a.b   none\na.cc  x y\nd     true\ne     none\n"
        );
    }
}

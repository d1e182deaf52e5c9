//! The settings of the log, which is turned on before anything else is checked.
//!
//! Source: etcd v3.7 server/embed/config_logging.go `setupLogging`, `setupLogRotation`.

use std::path::PathBuf;

use kit_cli::value::quote;
use kit_telemetry::{Rotation, UnknownZapLevel, ZapConfig, ZapFormat, ZapOutput};
use serde_json::Value as Json;

use crate::setting::Values;

/// What is logged, how, and where to.
pub type LogSettings = ZapConfig;

/// Why the log cannot be as asked for. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A logger of old.
    #[error("--logger=capnslog is removed in v3.5")]
    Removed,
    /// Another logger.
    #[error("unknown logger option {}", quote(.0))]
    Logger(String),
    /// The default and something else.
    #[error("multi logoutput for \"default\" is not supported yet")]
    ManyOutputs,
    /// The journal and something else.
    #[error("running with systemd/journal but other '--log-outputs' values ([{}]) are configured with 'default'; override 'default' value with something else", quoted(.0))]
    JournalAndOthers(Vec<String>),
    /// No file to rotate, or more than one.
    #[error("--log-outputs requires a single file path when --log-rotate-config-json is defined")]
    RotationOutput,
    /// No JSON.
    #[error("improperly formatted log rotation config: {0}")]
    RotationSyntax(String),
    /// JSON of something else.
    #[error("invalid log rotation config: json: cannot unmarshal {0}")]
    RotationType(String),
    /// Another format.
    #[error("unknown log format: {0}, supported values json, console")]
    Format(String),
    /// Another level. Upstream panics.
    #[error(transparent)]
    Level(#[from] UnknownZapLevel),
}

/// Takes the settings of the log.
///
/// # Errors
/// [`LogError`], in upstream's order.
pub fn settings(values: &Values) -> Result<LogSettings, LogError> {
    match values.text("logger") {
        "zap" => {}
        "capnslog" => return Err(LogError::Removed),
        other => return Err(LogError::Logger(other.to_owned())),
    }
    let mut names = values.texts("log-outputs");
    if names.is_empty() {
        names.push(DEFAULT.to_owned());
    }
    if names.len() > 1 && names.iter().any(|name| name == DEFAULT) {
        return Err(LogError::ManyOutputs);
    }
    let rotation = match values.bool("enable-log-rotation") {
        true => Some(rotation(&names, values.text("log-rotation-config-json"))?),
        false => None,
    };
    if names.len() > 1 && names.iter().any(|name| name == JOURNAL) {
        return Err(LogError::JournalAndOthers(names));
    }
    let level = values.text("log-level").parse()?;
    let format = match values.text("log-format") {
        "json" => ZapFormat::Json,
        "console" => ZapFormat::Console,
        other => return Err(LogError::Format(other.to_owned())),
    };
    Ok(ZapConfig {
        level,
        format,
        outputs: outputs(&names, rotation),
    })
}

fn outputs(names: &[String], rotation: Option<Rotation>) -> Vec<ZapOutput> {
    if names.iter().any(|name| name == "/dev/null") {
        return Vec::new(); // discards all, whatever else is named
    }
    let mut outputs: Vec<ZapOutput> = Vec::new();
    for name in names {
        let output = match (&**name, rotation) {
            (DEFAULT | "stderr", _) => ZapOutput::Stderr,
            ("stdout", _) => ZapOutput::Stdout,
            (JOURNAL, _) => ZapOutput::Journal,
            (path, None) => ZapOutput::File(PathBuf::from(path)),
            (path, Some(rotation)) => ZapOutput::Rotated(PathBuf::from(path), rotation),
        };
        if !outputs.contains(&output) {
            outputs.push(output);
        }
    }
    outputs
}

fn rotation(names: &[String], json: &str) -> Result<Rotation, LogError> {
    let files = names
        .iter()
        .filter(|name| !matches!(&***name, DEFAULT | "stderr" | "stdout"));
    if files.count() != 1 {
        return Err(LogError::RotationOutput);
    }
    let settings: Json = serde_json::from_str(json).map_err(|error| {
        LogError::RotationSyntax(if error.is_eof() {
            "unexpected end of JSON input".to_owned() // Go's text
        } else {
            error.to_string()
        })
    })?;
    let Json::Object(settings) = settings else {
        let kind = kind(&settings);
        return Err(LogError::RotationType(format!(
            "{kind} into Go value of type embed.logRotationConfig"
        )));
    };
    let get = |name: &str| {
        let pair = settings
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        pair.map(|(_, value)| value)
            .filter(|value| !value.is_null())
    };
    let wrong = |name: &str, value: &Json, wanted: &str| {
        let kind = kind(value);
        LogError::RotationType(format!(
            "{kind} into Go struct field logRotationConfig.Logger.{name} of type {wanted}"
        ))
    };
    let number = |name: &str| match get(name) {
        None => Ok(0),
        // Below zero means what zero means.
        Some(value) => value
            .as_i64()
            .map(|number| number.try_into().unwrap_or(0))
            .ok_or_else(|| wrong(name, value, "int")),
    };
    let truth = |name: &str| match get(name) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| wrong(name, value, "bool")),
    };
    Ok(Rotation {
        size_mib_max: number("maxsize")?,
        age_days_max: number("maxage")?,
        backups_max: number("maxbackups")?,
        local_time: truth("localtime")?,
        compress: truth("compress")?,
    })
}

/// What Go's decoder calls a value.
fn kind(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(_) => "bool".to_owned(),
        Json::Number(number) if number.is_f64() => format!("number {number}"),
        Json::Number(_) => "number".to_owned(),
        Json::String(_) => "string".to_owned(),
        Json::Array(_) => "array".to_owned(),
        Json::Object(_) => "object".to_owned(),
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(quote).collect();
    names.join(" ")
}

const DEFAULT: &str = "default";
const JOURNAL: &str = "systemd/journal";

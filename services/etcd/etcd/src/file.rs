//! The configuration file: YAML or JSON, not strict. With one, flags and variables mean nothing.
//!
//! Upstream turns YAML into JSON and decodes that: what a key may hold, and what is said of anything else, is Go's.
//!
//! Source: etcd v3.7 server/embed/config.go `configFromFile`; sigs.k8s.io/yaml; Go encoding/json.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use kit_cli::value::{self, UrlListError};
use kit_http::yaml::{self, Node, Resolved};

use crate::{
    flags::Written,
    gates::{self, GatesError},
    setting::{self, Kind, SETTINGS, Setting, Value, Values},
};

/// Why a file cannot be used. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{operation} {path}: {reason}")]
    Read {
        /// What failed.
        operation: &'static str,
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Not YAML.
    #[error("error converting YAML to JSON: yaml: {0}")]
    Yaml(String),
    /// Not what a key holds.
    #[error("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {0}")]
    Type(String),
    /// No gates.
    #[error(transparent)]
    Gates(#[from] GatesError),
    /// No addresses. Upstream says so on standard error and nothing in the log.
    #[error("unexpected error setting up {name}: {source}")]
    Urls {
        /// The name upstream uses.
        name: &'static str,
        /// What is wrong; part of the text.
        source: UrlListError,
    },
    /// No origins. Upstream panics.
    #[error("new UniqueURLs should never fail: {0}")]
    Origins(String),
}

/// Reads a file.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &Path) -> Result<Written, FileError> {
    let text = fs::read(path).map_err(|error| unreadable(path, &error))?;
    parse(&text)
}

fn unreadable(path: &Path, error: &io::Error) -> FileError {
    let text = error.to_string();
    let mut reason = text
        .split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned();
    if let Some(first) = reason.get_mut(..1) {
        first.make_ascii_lowercase(); // as Go writes it
    }
    FileError::Read {
        operation: if error.kind() == io::ErrorKind::IsADirectory {
            "read"
        } else {
            "open"
        },
        path: path.display().to_string(),
        reason,
    }
}

/// Reads the text of a file.
///
/// # Errors
/// [`FileError`].
pub fn parse(text: &[u8]) -> Result<Written, FileError> {
    let document = yaml::parse(text).map_err(FileError::Yaml)?;
    let mut decoder = Decoder {
        values: Values::default(),
        names: BTreeSet::new(),
        fault: None,
    };
    if let Some(document) = document {
        match Object::of(&document) {
            Some(object) => decoder.top(&object),
            None if document.resolve() == Resolved::Null => {}
            None => {
                let fault = format!("{} into Go value of type embed.configYAML", name(&document));
                return Err(FileError::Type(fault));
            }
        }
    }
    if let Some(fault) = decoder.fault {
        return Err(FileError::Type(fault));
    }
    settle(&mut decoder.values)?;
    Ok(Written {
        values: decoder.values,
        names: decoder.names,
    })
}

/// Keys and values as JSON has them: texts, sorted, each once; of equal ones the last counts.
struct Object<'a>(BTreeMap<String, &'a Node>);

impl<'a> Object<'a> {
    fn of(node: &'a Node) -> Option<Self> {
        let yaml::Kind::Mapping(pairs) = &node.kind else {
            return None;
        };
        let key = |node: &Node| match node.resolve() {
            Resolved::Bool(value) => value.to_string(),
            Resolved::Integer(value) => value.to_string(),
            Resolved::Float(value) => value.to_string(),
            Resolved::Text(text) => text.to_owned(),
            Resolved::Null => "null".to_owned(),
            Resolved::Sequence | Resolved::Mapping => String::new(), // no key of ours
        };
        Some(Self(
            pairs
                .iter()
                .map(|(name, value)| (key(name), value))
                .collect(),
        ))
    }
}

struct Decoder {
    values: Values,
    names: BTreeSet<String>,
    /// The first value that is not what its key holds; Go reads on and then says so.
    fault: Option<String>,
}

impl Decoder {
    fn top(&mut self, object: &Object<'_>) {
        for (key, node) in &object.0 {
            self.names.insert(key.clone());
            self.value(key, node);
        }
    }

    /// Takes the value at a place; the place of what is in it goes on behind a dot.
    fn value(&mut self, place: &str, node: &Node) {
        if node.resolve() == Resolved::Null {
            return;
        }
        let is_here = |setting: &&Setting| {
            setting
                .in_file
                .is_some_and(|known| known.eq_ignore_ascii_case(place))
        };
        if let Some(setting) = SETTINGS.iter().find(is_here) {
            match decode(setting.kind, node) {
                Ok(value) => {
                    self.values.set(setting.name, value);
                    self.names.insert(setting.name.to_owned());
                }
                Err(fault) => self.refuse(place, &fault),
            }
        } else if let Some((section, go_type)) = SECTIONS
            .iter()
            .find(|(section, _)| section.eq_ignore_ascii_case(place))
        {
            match Object::of(node) {
                Some(object) => {
                    for (key, node) in &object.0 {
                        self.value(&format!("{section}.{key}"), node);
                    }
                }
                None => self.refuse(
                    place,
                    &format!("{} into {{}} of type {go_type}", name(node)),
                ),
            }
        }
    }

    /// Notes what is wrong; `{}` in it is the place in Go's words.
    fn refuse(&mut self, place: &str, fault: &str) {
        let place = place.to_lowercase();
        let (holder, embedded) = match place.split('.').next().unwrap_or_default() {
            "client-transport-security" | "peer-transport-security" => {
                ("securityConfig", "configJSON")
            }
            "socket-options" if place.contains('.') => ("SocketOpts", "Config"),
            "discovery-config" if place.contains('.') => ("DiscoveryConfig", "Config"),
            first if TOP_OF_JSON.contains(&first) => ("configYAML", "configJSON"),
            _ => ("configYAML", "Config"),
        };
        let holder = if place.contains('.') {
            holder
        } else {
            "configYAML"
        };
        let field = format!("Go struct field {holder}.{embedded}.{place}");
        self.fault
            .get_or_insert_with(|| fault.replace("{}", &field));
    }
}

/// Reads a value as Go's decoder would into a field of the kind.
fn decode(kind: Kind, node: &Node) -> Result<Value, String> {
    match (kind, node.resolve()) {
        (Kind::Bool, Resolved::Bool(value)) => Ok(Value::Bool(value)),
        (Kind::Bool, _) => Err(misplaced(node, "bool")),
        (Kind::Int(int), _) => match number(node, int.name())? {
            value if int.holds(value) => Ok(Value::Int(value)),
            value => Err(too_large(value, int.name())),
        },
        (Kind::Duration, _) => {
            let written = number(node, "time.Duration")?;
            let nanoseconds =
                i64::try_from(written).map_err(|_| too_large(written, "time.Duration"))?;
            Ok(Value::Duration(value::GoDuration::from_nanoseconds(
                nanoseconds,
            )))
        }
        (Kind::Texts | Kind::TextSet, _) if matches!(node.kind, yaml::Kind::Sequence(_)) => {
            texts(node).map(Value::Texts)
        }
        (Kind::Texts | Kind::TextSet, _) => Err(misplaced(node, "[]string")),
        (_, Resolved::Text(text)) => Ok(Value::Text(text.to_owned())),
        _ => Err(misplaced(node, "string")),
    }
}

/// What is said of a value that is of another kind; `{}` stands for the place.
fn misplaced(node: &Node, go_type: &str) -> String {
    format!("{} into {{}} of type {go_type}", name(node))
}

fn too_large(number: i128, go_type: &str) -> String {
    format!("number {number} into {{}} of type {go_type}")
}

fn number(node: &Node, go_type: &str) -> Result<i128, String> {
    match node.resolve() {
        Resolved::Integer(number) => Ok(number),
        Resolved::Float(number) => {
            whole(number).ok_or_else(|| format!("number {number} into {{}} of type {go_type}"))
        }
        _ => Err(misplaced(node, go_type)),
    }
}

fn texts(node: &Node) -> Result<Vec<String>, String> {
    let yaml::Kind::Sequence(items) = &node.kind else {
        return Ok(Vec::new());
    };
    let text = |item: &Node| match item.resolve() {
        Resolved::Text(text) => Ok(text.to_owned()),
        Resolved::Null => Ok(String::new()),
        _ => Err(misplaced(item, "string")),
    };
    items.iter().map(text).collect()
}

/// What Go's decoder calls a value.
fn name(node: &Node) -> &'static str {
    match node.resolve() {
        Resolved::Null => "null",
        Resolved::Bool(_) => "bool",
        Resolved::Integer(_) | Resolved::Float(_) => "number",
        Resolved::Text(_) => "string",
        Resolved::Sequence => "array",
        Resolved::Mapping => "object",
    }
}

/// A number that Go writes into JSON without a fraction.
fn whole(number: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "below 1e21, and whole")]
    (number.fract() == 0.0 && number.abs() < 1e21).then_some(number as i128)
}

/// Gives the texts of the file their kinds, and lets settings follow from each other.
fn settle(values: &mut Values) -> Result<(), FileError> {
    for (name, named) in URLS {
        if let Value::Text(written) = values.raw(name).clone() {
            let urls = match &*written {
                "" => Setting::named(name).parse(""),
                _ => Value::Urls(value::parse_urls(written.split(',')).map_err(|source| {
                    FileError::Urls {
                        name: named,
                        source,
                    }
                })?),
            };
            values.set(name, urls);
        }
    }
    for name in ["cors", "host-whitelist"] {
        if let Value::Text(written) = values.raw(name).clone() {
            if name == "cors" && !written.is_empty() {
                setting::origins(&written).map_err(FileError::Origins)?;
            }
            let written = if written.is_empty() { "*" } else { &written };
            values.set(name, Value::Texts(setting::text_set(written)));
        }
    }
    gates::parse(values.text("feature-gates"))?;
    let is_discovered =
        !values.text("discovery-srv").is_empty() || !values.texts("discovery-endpoints").is_empty();
    if is_discovered && values.text("initial-cluster") == Setting::named("initial-cluster").default
    {
        values.set("initial-cluster", Value::Text(String::new()));
    }
    if values.text("initial-cluster-state").is_empty() {
        values.set("initial-cluster-state", Value::Text("new".to_owned()));
    }
    if values.int::<u64>("self-signed-cert-validity") == 0 {
        values.set("self-signed-cert-validity", Value::Int(1));
    }
    Ok(())
}

/// Lists of URLs, which the file has as one text, and what upstream calls them when they are wrong.
const URLS: [(&str, &str); 6] = [
    ("listen-peer-urls", "listen-peer-urls"),
    ("listen-client-urls", "listen-client-urls"),
    ("listen-client-http-urls", "listen-client-http-urls"),
    ("initial-advertise-peer-urls", "initial-advertise-peer-urls"),
    ("advertise-client-urls", "advertise-peer-urls"),
    ("listen-metrics-urls", "listen-metrics-urls"),
];

/// Objects in the file, and Go's names for them.
const SECTIONS: [(&str, &str); 7] = [
    ("client-transport-security", "embed.securityConfig"),
    ("peer-transport-security", "embed.securityConfig"),
    ("socket-options", "transport.SocketOpts"),
    ("discovery-config", "v3discovery.DiscoveryConfig"),
    ("discovery-config.client", "clientv3.ConfigSpec"),
    ("discovery-config.client.secure", "clientv3.SecureConfig"),
    ("discovery-config.client.auth", "clientv3.AuthConfig"),
];

/// Keys upstream decodes into a struct beside the configuration's.
const TOP_OF_JSON: [&str; 10] = [
    "listen-peer-urls",
    "listen-client-urls",
    "listen-client-http-urls",
    "initial-advertise-peer-urls",
    "advertise-client-urls",
    "cors",
    "host-whitelist",
    "client-transport-security",
    "peer-transport-security",
    "feature-gates",
];

#[cfg(test)]
mod tests;

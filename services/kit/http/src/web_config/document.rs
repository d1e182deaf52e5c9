//! The web configuration as written: keys, types and values of the file, decoded strictly.
//!
//! Files it names are not opened here.
//!
//! Source: exporter-toolkit web/tls_config.go `Config` and its parts, web/handler.go `validateHeaderConfig`;
//! go.yaml.in/yaml/v2 decode.go.

use crypto::tls::{Dialect, Version};

use super::{
    WebConfigError, duration,
    names::{CIPHER_SUITES, CURVES, HEADERS},
};
use crate::yaml::{self, Kind, Node, Resolved};

/// A decoded file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document {
    pub(crate) tls: TlsSection,
    /// HTTP/2 under TLS (default true).
    pub(crate) http2: bool,
    /// Headers of every answer, in the order of the file.
    pub(crate) headers: Vec<(String, String)>,
    /// User names and password hashes.
    pub(crate) users: Vec<(String, String)>,
    pub(crate) rate_limit: RateLimit,
}

/// The TLS part as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TlsSection {
    pub(crate) cert: String,
    pub(crate) key: String,
    pub(crate) client_ca: String,
    pub(crate) cert_file: String,
    pub(crate) key_file: String,
    pub(crate) client_auth_type: String,
    pub(crate) client_ca_file: String,
    pub(crate) cipher_suites: Vec<String>,
    pub(crate) curve_preferences: Vec<String>,
    pub(crate) min_version: Option<Version>,
    pub(crate) max_version: Option<Version>,
    pub(crate) client_allowed_sans: Option<Vec<String>>,
}

/// The rate limiter as written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct RateLimit {
    /// Size of the bucket.
    pub(crate) burst: i64,
    /// Time for one token in nanoseconds; 0 = no limiter.
    pub(crate) interval_ns: i64,
}

impl RateLimit {
    /// Returns the interval as Go prints it: `1m30s`.
    pub(crate) fn interval_text(self) -> String {
        duration::format(self.interval_ns)
    }
}

impl Document {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`WebConfigError`] with upstream's text.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, WebConfigError> {
        let node = yaml::parse(text).map_err(WebConfigError::Yaml)?;
        let mut decoder = Decoder::default();
        let document = match &node {
            Some(node) => decoder.document(node)?,
            None => Self::default(),
        };
        if !decoder.problems.is_empty() {
            let list = decoder.problems.join("\n  ");
            return Err(WebConfigError::Yaml(format!("unmarshal errors:\n  {list}")));
        }
        check_headers(&document.headers)?;
        Ok(document)
    }
}

impl Default for Document {
    fn default() -> Self {
        Self {
            tls: TlsSection::default(),
            http2: true,
            headers: Vec::new(),
            users: Vec::new(),
            rate_limit: RateLimit::default(),
        }
    }
}

fn check_headers(headers: &[(String, String)]) -> Result<(), WebConfigError> {
    for (name, value) in headers {
        let Some((_, allowed)) = HEADERS.iter().find(|(known, _)| known == name) else {
            return Err(WebConfigError::HeaderName(name.clone()));
        };
        if !allowed.is_empty() && !allowed.contains(&value.as_str()) {
            return Err(WebConfigError::HeaderValue {
                name: name.clone(),
                allowed,
                value: value.clone(),
            });
        }
        if http::HeaderValue::from_bytes(value.as_bytes()).is_err() {
            let (name, value) = (name.clone(), value.clone());
            return Err(WebConfigError::HeaderBytes { name, value });
        }
    }
    Ok(())
}

/// Goes through the tree as Go's decoder does: wrong types and unknown fields are collected, names that a type does not
/// know end it at once.
#[derive(Default)]
struct Decoder {
    problems: Vec<String>,
}

/// Decodes the value of a field; false when the type has no such field.
type Field<'a> = &'a mut dyn FnMut(&mut Decoder, &str, &Node) -> Result<bool, WebConfigError>;

impl Decoder {
    fn document(&mut self, node: &Node) -> Result<Document, WebConfigError> {
        let mut document = Document::default();
        self.fields(node, "web.Config", &mut |decoder, name, value| {
            match name {
                "tls_server_config" => document.tls = decoder.tls(value)?,
                "http_server_config" => decoder.http(value, &mut document)?,
                "rate_limit" => document.rate_limit = decoder.rate_limit(value)?,
                "basic_auth_users" => {
                    document.users = decoder.map(value, "map[string]config.Secret", "config.plain");
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(document)
    }

    fn tls(&mut self, node: &Node) -> Result<TlsSection, WebConfigError> {
        let mut tls = TlsSection::default();
        self.fields(node, "web.TLSConfig", &mut |decoder, name, value| {
            match name {
                "cert" => tls.cert = decoder.string(value, "string"),
                "key" => tls.key = decoder.string(value, "config.plain"),
                "client_ca" => tls.client_ca = decoder.string(value, "string"),
                "cert_file" => tls.cert_file = decoder.string(value, "string"),
                "key_file" => tls.key_file = decoder.string(value, "string"),
                "client_auth_type" => tls.client_auth_type = decoder.string(value, "string"),
                "client_ca_file" => tls.client_ca_file = decoder.string(value, "string"),
                "cipher_suites" => {
                    let names = decoder.list(value, "[]web.Cipher").unwrap_or_default();
                    known(&names, CIPHER_SUITES, WebConfigError::UnknownCipher)?;
                    tls.cipher_suites = names;
                }
                "curve_preferences" => {
                    let names = decoder.list(value, "[]web.Curve").unwrap_or_default();
                    known(&names, CURVES, WebConfigError::UnknownCurve)?;
                    tls.curve_preferences = names;
                }
                "min_version" => tls.min_version = decoder.version(value)?,
                "max_version" => tls.max_version = decoder.version(value)?,
                "prefer_server_cipher_suites" => {
                    decoder.boolean(value, false); // no effect in Go either
                }
                "client_allowed_sans" => {
                    tls.client_allowed_sans = decoder.list(value, "[]string");
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(tls)
    }

    fn http(&mut self, node: &Node, document: &mut Document) -> Result<(), WebConfigError> {
        if node.resolve() == Resolved::Null {
            document.http2 = false; // Go's zero value
        }
        self.fields(node, "web.HTTPConfig", &mut |decoder, name, value| {
            match name {
                "http2" => document.http2 = decoder.boolean(value, document.http2),
                "headers" => {
                    document.headers = decoder.map(value, "map[string]string", "string");
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    fn rate_limit(&mut self, node: &Node) -> Result<RateLimit, WebConfigError> {
        let mut limit = RateLimit::default();
        self.fields(
            node,
            "web.RateLimiterConfig",
            &mut |decoder, name, value| {
                match name {
                    "burst" => limit.burst = decoder.integer(value, "int", |_| None),
                    "interval" => {
                        limit.interval_ns =
                            decoder.integer(value, "time.Duration", duration::parse);
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            },
        )?;
        Ok(limit)
    }

    /// Goes through the fields of a struct.
    fn fields(
        &mut self,
        node: &Node,
        type_name: &str,
        field: Field<'_>,
    ) -> Result<(), WebConfigError> {
        let pairs = match (&node.kind, node.resolve()) {
            (_, Resolved::Null) => return Ok(()),
            (Kind::Mapping(pairs), _) => pairs,
            _ => {
                self.wrong_type(node, type_name);
                return Ok(());
            }
        };
        let mut seen: Vec<String> = Vec::new();
        for (key, value) in pairs {
            if is_merge(key) {
                self.fields(value, type_name, field)?;
                continue;
            }
            let name = self.string(key, "string");
            let line = key.line;
            if seen.contains(&name) {
                let problem = format!("line {line}: field {name} already set in type {type_name}");
                self.problems.push(problem);
            } else if field(self, &name, value)? {
                seen.push(name);
            } else {
                let problem = format!("line {line}: field {name} not found in type {type_name}");
                self.problems.push(problem);
            }
        }
        Ok(())
    }

    /// Decodes a map of texts, in the order of the file.
    fn map(&mut self, node: &Node, type_name: &str, value_type: &str) -> Vec<(String, String)> {
        let pairs = match (&node.kind, node.resolve()) {
            (_, Resolved::Null) => return Vec::new(),
            (Kind::Mapping(pairs), _) => pairs,
            _ => {
                self.wrong_type(node, type_name);
                return Vec::new();
            }
        };
        let mut map: Vec<(String, String)> = Vec::new();
        for (key, value) in pairs {
            if is_merge(key) {
                map.extend(self.map(value, type_name, value_type));
                continue;
            }
            let name = self.string(key, "string");
            let text = self.string(value, value_type);
            if map.iter().any(|(known, _)| *known == name) {
                let line = value.line;
                let problem = format!("line {line}: key {name:?} already set in map");
                self.problems.push(problem);
            } else {
                map.push((name, text));
            }
        }
        map
    }

    /// Decodes a list of texts; none when it is null or of another type.
    fn list(&mut self, node: &Node, type_name: &str) -> Option<Vec<String>> {
        match (&node.kind, node.resolve()) {
            (_, Resolved::Null) => None,
            (Kind::Sequence(items), _) => Some(
                items
                    .iter()
                    .map(|item| self.string(item, "string"))
                    .collect(),
            ),
            _ => {
                self.wrong_type(node, type_name);
                None
            }
        }
    }

    fn string(&mut self, node: &Node, type_name: &str) -> String {
        match (&node.kind, node.resolve()) {
            (_, Resolved::Null) => String::new(),
            (Kind::Scalar { text, .. }, _) => text.clone(), // `12` and `yes` are their own text
            _ => {
                self.wrong_type(node, type_name);
                String::new()
            }
        }
    }

    fn boolean(&mut self, node: &Node, default: bool) -> bool {
        match node.resolve() {
            Resolved::Bool(value) => value,
            Resolved::Null => false, // Go's zero value
            _ => {
                self.wrong_type(node, "bool");
                default
            }
        }
    }

    /// Decodes an integer; texts go through `parse`.
    fn integer(&mut self, node: &Node, type_name: &str, parse: fn(&str) -> Option<i64>) -> i64 {
        let value = match node.resolve() {
            Resolved::Null => Some(0),
            Resolved::Integer(value) => i64::try_from(value).ok(),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "Go cuts off the fraction too"
            )]
            Resolved::Float(value) if value < i64::MAX as f64 => Some(value as i64),
            Resolved::Text(text) => parse(text),
            _ => None,
        };
        value.unwrap_or_else(|| {
            self.wrong_type(node, type_name);
            0
        })
    }

    fn version(&mut self, node: &Node) -> Result<Option<Version>, WebConfigError> {
        let name = self.string(node, "string");
        if node.resolve() == Resolved::Null {
            return Ok(None);
        }
        let version = Version::parse(Dialect::Toolkit, &name);
        version
            .map(Some)
            .map_err(|_| WebConfigError::UnknownVersion(name))
    }

    fn wrong_type(&mut self, node: &Node, type_name: &str) {
        let (line, shown) = (node.line, node.shown());
        let problem = format!("line {line}: cannot unmarshal {shown} into {type_name}");
        self.problems.push(problem);
    }
}

fn is_merge(key: &Node) -> bool {
    matches!(&key.kind, Kind::Scalar { text, is_plain: true, .. } if text == "<<")
}

fn known(
    names: &[String],
    table: &[&str],
    error: fn(String) -> WebConfigError,
) -> Result<(), WebConfigError> {
    match names.iter().find(|name| !table.contains(&name.as_str())) {
        Some(name) => Err(error(name.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;

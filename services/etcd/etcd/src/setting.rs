//! Every setting of a member, one row each: its flag, its default, its place in the configuration file.
//!
//! Flags, variables and the file lead to [`Values`], from which `config` takes its meaning.
//!
//! Source: etcd v3.7 server/embed/config.go `Config`, `configJSON`, `AddFlags`; server/etcdmain/config.go.

use std::collections::BTreeMap;

use kit_cli::{
    Flag, Kind as FlagKind,
    dialect::go_flag::values as checks,
    value::{self, GoDuration, Url},
};

use crate::gates;

mod table;

pub use self::table::SETTINGS;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name, which is the flag's, if it has one.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is when nobody says.
    pub default: &'static str,
    /// Where the configuration file has it, if it can; parts are separated by dots.
    pub in_file: Option<&'static str>,
    /// Whether there is a flag.
    pub has_flag: bool,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A truth value.
    Bool,
    /// A whole number, of one of Go's types.
    Int(GoInt),
    /// A time, which the file has in nanoseconds.
    Duration,
    /// URLs of addresses; nothing means the default.
    Urls,
    /// URLs of origins, or `*`.
    Origins,
    /// Texts, in order.
    Texts,
    /// Texts, each once.
    TextSet,
    /// Texts, each once, which the file has as one text.
    Hosts,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Some of these.
    SomeOf(&'static [&'static str]),
    /// Feature gates.
    Gates,
    /// Not looked at.
    Ignored,
}

/// Go's types of whole numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GoInt {
    /// 64 bits.
    Int,
    /// 64 bits.
    Int64,
    /// 64 bits, no sign.
    Uint,
    /// 64 bits, no sign.
    Uint64,
    /// 32 bits, no sign.
    Uint32,
}

/// What a setting is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A whole number in the bounds of its kind.
    Int(i128),
    /// A time.
    Duration(GoDuration),
    /// Addresses.
    Urls(Vec<Url>),
    /// Texts.
    Texts(Vec<String>),
}

/// What all settings are.
#[derive(Clone, Debug)]
pub struct Values(BTreeMap<&'static str, Value>);

impl GoInt {
    /// Returns Go's name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint64 => "uint64",
            Self::Uint32 => "uint32",
        }
    }

    /// Returns whether the type has this number.
    #[must_use]
    pub fn holds(self, number: i128) -> bool {
        match self {
            Self::Int | Self::Int64 => i64::try_from(number).is_ok(),
            Self::Uint | Self::Uint64 => u64::try_from(number).is_ok(),
            Self::Uint32 => u32::try_from(number).is_ok(),
        }
    }
}

impl Setting {
    pub(crate) fn named(name: &str) -> &'static Self {
        let found = SETTINGS.iter().find(|setting| setting.name == name);
        found.unwrap_or_else(|| panic!("no setting {name} in the table"))
    }

    /// Returns the flag of the setting.
    #[must_use]
    pub fn flag(&self) -> Flag {
        let kind = match self.kind {
            Kind::Text | Kind::Texts | Kind::TextSet | Kind::Hosts => FlagKind::Text,
            Kind::Bool => FlagKind::Bool,
            Kind::Int(GoInt::Int | GoInt::Int64) => FlagKind::Checked(checks::int),
            Kind::Int(GoInt::Uint | GoInt::Uint64) => FlagKind::Checked(checks::uint),
            Kind::Int(GoInt::Uint32) => FlagKind::Checked(uint32),
            Kind::Duration => FlagKind::Checked(checks::duration),
            Kind::Urls => FlagKind::Checked(checks::urls),
            Kind::Origins => FlagKind::Checked(origins),
            Kind::OneOf(words) if words.contains(&"proxy") => FlagKind::Checked(fallback),
            Kind::OneOf(_) => FlagKind::Checked(cluster_state),
            Kind::SomeOf(_) => FlagKind::Checked(deprecation),
            Kind::Gates => FlagKind::Checked(gate_list),
            Kind::Ignored => FlagKind::Ignored,
        };
        let flag = Flag::new(self.name, kind, "").repeatable();
        match self.kind {
            Kind::Ignored => flag,
            _ => flag.default(self.default),
        }
    }

    /// Reads the value of a flag or variable, which its flag let pass.
    #[must_use]
    pub fn parse(&self, written: &str) -> Value {
        let let_pass = "its flag let it pass";
        match self.kind {
            Kind::Bool => Value::Bool(value::parse_bool(written).expect(let_pass)),
            Kind::Int(GoInt::Int | GoInt::Int64) => {
                Value::Int(value::parse_int(written).expect(let_pass).into())
            }
            Kind::Int(_) => Value::Int(value::parse_uint(written, 64).expect(let_pass).into()),
            Kind::Duration => Value::Duration(value::parse_go_duration(written).expect(let_pass)),
            Kind::Urls => Value::Urls(self.parse_urls(written)),
            Kind::Texts if written.is_empty() => Value::Texts(Vec::new()),
            Kind::Texts => Value::Texts(written.split(',').map(str::to_owned).collect()),
            Kind::Origins | Kind::TextSet | Kind::Hosts => Value::Texts(text_set(written)),
            Kind::Text | Kind::OneOf(_) | Kind::SomeOf(_) | Kind::Gates | Kind::Ignored => {
                Value::Text(written.to_owned())
            }
        }
    }

    fn parse_urls(&self, written: &str) -> Vec<Url> {
        let written = if written.is_empty() {
            self.default
        } else {
            written
        };
        if written.is_empty() {
            return Vec::new();
        }
        let mut urls = value::parse_urls(written.split(',')).expect("its flag let it pass");
        urls.dedup_by_key(|url| url.to_string());
        urls
    }
}

impl Default for Values {
    /// Every setting as nobody said.
    fn default() -> Self {
        let values = SETTINGS
            .iter()
            .map(|setting| (setting.name, setting.parse(setting.default)));
        Self(values.collect())
    }
}

/// Every method panics when asked for a setting that is not in the table, or is of another kind: that is a bug.
impl Values {
    /// Sets one.
    pub fn set(&mut self, name: &'static str, value: Value) {
        self.0.insert(name, value);
    }

    /// Returns a text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Value::Text(text) => text,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns a truth value.
    #[must_use]
    pub fn bool(&self, name: &str) -> bool {
        match self.get(name) {
            Value::Bool(value) => *value,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns a number, of a type that has all of its kind.
    #[must_use]
    pub fn int<T: TryFrom<i128>>(&self, name: &str) -> T {
        match self.get(name) {
            Value::Int(number) => {
                T::try_from(*number).unwrap_or_else(|_| panic!("{name} does not fit"))
            }
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns a time.
    #[must_use]
    pub fn duration(&self, name: &str) -> GoDuration {
        match self.get(name) {
            Value::Duration(duration) => *duration,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns addresses.
    #[must_use]
    pub fn urls(&self, name: &str) -> Vec<Url> {
        match self.get(name) {
            Value::Urls(urls) => urls.clone(),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns texts.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Value::Texts(texts) => texts.clone(),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns a setting of whatever kind.
    pub(crate) fn raw(&self, name: &str) -> &Value {
        self.get(name)
    }

    fn get(&self, name: &str) -> &Value {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no setting {name} in the table"))
    }
}

/// Splits at commas; each text once, sorted.
#[must_use]
pub fn text_set(written: &str) -> Vec<String> {
    if written.is_empty() {
        return Vec::new();
    }
    let mut texts: Vec<String> = written.split(',').map(str::to_owned).collect();
    texts.sort();
    texts.dedup();
    texts
}

/// Source: etcd pkg/flags/uint32.go, which shows `strconv`'s own text.
fn uint32(written: &str) -> Result<(), String> {
    value::parse_uint(written, 32).map(drop).map_err(|error| {
        let reason = match error {
            value::NumberError::Syntax => "invalid syntax",
            value::NumberError::Range => "value out of range",
        };
        format!(
            "strconv.ParseUint: parsing {}: {reason}",
            value::quote(written)
        )
    })
}

/// Checks a list of origins.
///
/// # Errors
/// Upstream's text.
pub fn origins(written: &str) -> Result<(), String> {
    match written {
        "*" => Ok(()),
        _ => value::parse_urls(written.split(','))
            .map(drop)
            .map_err(|error| error.to_string()),
    }
}

fn cluster_state(written: &str) -> Result<(), String> {
    one_of(&["new", "existing"], written)
}

fn fallback(written: &str) -> Result<(), String> {
    one_of(&["exit", "proxy"], written)
}

fn one_of(words: &[&str], written: &str) -> Result<(), String> {
    if words.contains(&written) {
        Ok(())
    } else {
        Err("invalid value".to_owned()) // upstream's text
    }
}

fn deprecation(written: &str) -> Result<(), String> {
    let unknown = written
        .split(',')
        .find(|word| !table::DEPRECATION.contains(word));
    unknown.map_or(Ok(()), |word| {
        Err(format!("invalid value {}", value::quote(word)))
    }) // upstream's text
}

fn gate_list(written: &str) -> Result<(), String> {
    gates::parse(written)
        .map(drop)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;

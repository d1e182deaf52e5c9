//! The lines of a transaction: comparisons and requests.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/txn_command.go, `ParseCompare` and `parseRequestUnion`.

use etcd_api::etcdserverpb::{
    Compare, RequestOp,
    compare::{CompareResult, CompareTarget, TargetUnion},
    request_op::Request,
};
use kit_cli::{dialect::cobra::Line, value::quote};

use crate::{
    command::{del, get, number, put},
    commands,
    failure::Failure,
    words,
};

/// Why a line is not a comparison. The texts are upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CompareError {
    /// There is no parenthesis.
    #[error("malformed comparison: {0}")]
    NoTarget(String),
    /// What follows the parenthesis is not `"key") operator "value"`.
    #[error("malformed comparison: {line}; got {target}({key}) {operator} {value}")]
    Shape {
        /// The line.
        line: String,
        /// What stands before the parenthesis.
        target: String,
        /// The key as far as it was understood, quoted.
        key: String,
        /// The operator as far as it was understood.
        operator: String,
        /// The value as far as it was understood, quoted.
        value: String,
    },
    /// A target that no key has.
    #[error("malformed comparison: {line} (unknown target {target})")]
    Target {
        /// The line.
        line: String,
        /// The target.
        target: String,
    },
    /// A value that should be a number.
    #[error("invalid txn compare request: {0}")]
    Number(String),
    /// An operator that is none of `=`, `!=`, `<`, `>`. Ours: upstream ends with a panic.
    #[error("malformed comparison: {line} (unknown operator {operator})")]
    Operator {
        /// The line.
        line: String,
        /// The operator.
        operator: String,
    },
}

/// Reads a comparison such as `mod("key") > "0"`.
///
/// # Errors
/// [`CompareError`].
pub fn compare(line: &str) -> Result<Compare, CompareError> {
    let (target, rest) = line
        .split_once('(')
        .ok_or_else(|| CompareError::NoTarget(line.to_owned()))?;
    let parts = Parts::scan(rest);
    let Parts {
        key,
        operator,
        value: Some(value),
    } = parts
    else {
        return Err(CompareError::Shape {
            line: line.to_owned(),
            target: target.to_owned(),
            key: quote(&parts.key),
            operator: parts.operator,
            value: quote(""),
        });
    };
    let number = || {
        let text = String::from_utf8_lossy(&value);
        let radix = if target == "lease" { 16 } else { 10 };
        number::signed(&text, radix).map_err(|_| CompareError::Number(line.to_owned()))
    };
    let (compared, union) = match target {
        "ver" | "version" => (CompareTarget::Version, TargetUnion::Version(number()?)),
        "c" | "create" => (
            CompareTarget::Create,
            TargetUnion::CreateRevision(number()?),
        ),
        "m" | "mod" => (CompareTarget::Mod, TargetUnion::ModRevision(number()?)),
        "val" | "value" => (
            CompareTarget::Value,
            TargetUnion::Value(value.clone().into()),
        ),
        // Ours: upstream ends with a panic. Leases are written in hex, as everywhere else.
        "lease" => (CompareTarget::Lease, TargetUnion::Lease(number()?)),
        _ => {
            return Err(CompareError::Target {
                line: line.to_owned(),
                target: target.to_owned(),
            });
        }
    };
    let result = match operator.as_str() {
        "=" => CompareResult::Equal,
        "!=" => CompareResult::NotEqual,
        ">" => CompareResult::Greater,
        "<" => CompareResult::Less,
        _ => {
            return Err(CompareError::Operator {
                line: line.to_owned(),
                operator,
            });
        }
    };
    Ok(Compare {
        result: result.into(),
        target: compared.into(),
        key: key.into(),
        range_end: Vec::new().into(),
        target_union: Some(union),
    })
}

/// What Go's `Sscanf("%q) %s %q")` finds.
#[derive(Default)]
struct Parts {
    key: Vec<u8>,
    operator: String,
    value: Option<Vec<u8>>,
}

impl Parts {
    fn scan(text: &str) -> Self {
        let mut parts = Self::default();
        let Ok((key, rest)) = words::unquote(text.trim_start_matches([' ', '\t'])) else {
            return parts;
        };
        parts.key = key;
        let Some(rest) = rest.strip_prefix(')') else {
            return parts;
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest[..end].clone_into(&mut parts.operator);
        let rest = rest[end..].trim_start_matches([' ', '\t']);
        parts.value = words::unquote(rest).ok().map(|(value, _)| value);
        parts
    }
}

/// Reads a request: `get`, `put` or `del` with the flags of the command.
pub(super) async fn operation(line: &str) -> Result<RequestOp, Failure> {
    let invalid = |text: String| Failure::new(Failure::INVALID_INPUT, text);
    let words = words::split(line).map_err(|error| invalid(error.to_string()))?;
    let [name, rest @ ..] = words.as_slice() else {
        return Err(invalid(format!("invalid txn compare request: {line}")));
    };
    if rest.is_empty() {
        return Err(invalid(format!("invalid txn compare request: {line}")));
    }
    let refused = || invalid(format!("invalid txn request: {line}"));
    let commands = [commands::PUT, commands::GET, commands::DEL];
    let command = commands
        .into_iter()
        .find(|command| command.name().as_bytes() == name)
        .ok_or_else(refused)?;
    let parsed = Line::of(command, rest).map_err(|_| refused())?;
    let (flags, arguments) = (&parsed.matches, parsed.arguments.as_slice());
    let request = match command.name() {
        "put" => Request::RequestPut(put::request(flags, arguments)?),
        "get" => Request::RequestRange(get::request(flags, arguments)?),
        _ => Request::RequestDeleteRange(del::request(flags, arguments).await?),
    };
    Ok(RequestOp {
        request: Some(request),
    })
}

#[cfg(test)]
mod tests;

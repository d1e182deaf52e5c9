//! Compares JSON with a pattern: strings `"<any>"`, `"<time>"` and `"/regex/"` in the pattern stand for strings.

use regex::Regex;
use serde_json::Value;

/// How exact a comparison is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exactness {
    /// Same members, same order of arrays.
    Same,
    /// Same members; arrays of objects in any order.
    Unordered,
    /// Objects and arrays may hold more.
    Subset,
}

/// RFC 3339 with at most nanoseconds, as Go writes times.
const TIME: &str = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$";

/// Checks `actual` against `pattern`.
///
/// # Errors
/// A text with the path of the first difference.
pub fn compare(pattern: &Value, actual: &Value, exactness: Exactness) -> Result<(), String> {
    at("$", pattern, actual, exactness)
}

fn at(path: &str, pattern: &Value, actual: &Value, exactness: Exactness) -> Result<(), String> {
    match (pattern, actual) {
        (Value::Object(pattern), Value::Object(actual)) => {
            for (key, value) in pattern {
                let found = actual
                    .get(key)
                    .ok_or_else(|| format!("{path}.{key} is missing"))?;
                at(&format!("{path}.{key}"), value, found, exactness)?;
            }
            match actual.keys().find(|key| !pattern.contains_key(*key)) {
                Some(key) if exactness != Exactness::Subset => {
                    Err(format!("{path}.{key} is not expected"))
                }
                _ => Ok(()),
            }
        }
        (Value::Array(pattern), Value::Array(actual)) => arrays(path, pattern, actual, exactness),
        (Value::String(pattern), Value::String(actual)) if string_matches(pattern, actual)? => {
            Ok(())
        }
        (pattern, actual) if pattern == actual => Ok(()),
        (pattern, actual) => Err(format!("{path}: expected {pattern}, got {actual}")),
    }
}

fn arrays(
    path: &str,
    pattern: &[Value],
    actual: &[Value],
    exactness: Exactness,
) -> Result<(), String> {
    if pattern.len() > actual.len()
        || (pattern.len() < actual.len() && exactness != Exactness::Subset)
    {
        return Err(format!(
            "{path}: expected {} elements, got {}",
            pattern.len(),
            actual.len()
        ));
    }
    let any_order = match exactness {
        Exactness::Same => false,
        Exactness::Unordered => pattern.iter().all(Value::is_object),
        Exactness::Subset => true,
    };
    let mut left: Vec<&Value> = actual.iter().collect();
    for (index, value) in pattern.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if !any_order {
            at(&path, value, left[index], exactness)?;
            continue;
        }
        let found = left
            .iter()
            .position(|candidate| at(&path, value, candidate, exactness).is_ok());
        left.remove(found.ok_or_else(|| format!("{path}: nothing is like {value}"))?);
    }
    Ok(())
}

fn string_matches(pattern: &str, actual: &str) -> Result<bool, String> {
    let regex = match pattern {
        "<any>" => return Ok(true),
        "<time>" => TIME,
        _ => match pattern
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
        {
            Some(regex) if !regex.is_empty() => regex,
            _ => return Ok(pattern == actual),
        },
    };
    Regex::new(regex)
        .map(|regex| regex.is_match(actual))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Exactness, compare};

    #[test]
    fn patterns_stand_for_strings() {
        let pattern = json!({"t": "<time>", "a": "<any>", "r": "/^x+$/"});
        let good = json!({"t": "2026-01-02T03:04:05.6Z", "a": "", "r": "xx"});
        compare(&pattern, &good, Exactness::Same).unwrap();
        let bad = json!({"t": "yesterday", "a": "", "r": "xx"});
        assert!(
            compare(&pattern, &bad, Exactness::Same)
                .unwrap_err()
                .starts_with("$.t")
        );
        assert!(compare(&json!("<any>"), &json!(1), Exactness::Same).is_err());
    }

    #[test]
    fn exactness_decides_about_order_and_more() {
        let (pattern, actual) = (json!([{"a": 1}, {"b": 2}]), json!([{"b": 2}, {"a": 1}]));
        assert!(compare(&pattern, &actual, Exactness::Same).is_err());
        compare(&pattern, &actual, Exactness::Unordered).unwrap();
        let more = json!([{"b": 2, "c": 3}, {"a": 1}, {}]);
        assert!(compare(&pattern, &more, Exactness::Unordered).is_err());
        compare(&pattern, &more, Exactness::Subset).unwrap();
        assert!(compare(&json!([[1, 2]]), &json!([[2, 1]]), Exactness::Unordered).is_err());
        assert!(compare(&json!({"a": 1}), &json!({}), Exactness::Subset).is_err());
    }
}

//! Replies without what two members may differ in: raft's numbers, sizes, tokens, how long a lease still has, spaces in the
//! text forms of protobuf, and the order of what is equal in what was sorted.

use serde_json::{Value, json};

/// Returns the reply to a call of `method` without that. 64-bit numbers may be numbers or texts.
#[must_use]
pub fn reply(method: &str, request: &Value, mut reply: Value) -> Value {
    clean(&mut reply);
    let name = method.rsplit('/').next().unwrap_or(method);
    match name {
        "Status" => {
            for field in [
                "dbSize",
                "dbSizeInUse",
                "raftIndex",
                "raftTerm",
                "raftAppliedIndex",
            ] {
                blank(&mut reply, field);
            }
            for error in reply["errors"].as_array_mut().into_iter().flatten() {
                let words: Vec<_> = error.as_str().unwrap_or("").split_whitespace().collect();
                *error = json!(words.join(" "));
            }
        }
        "Authenticate" | "authenticate" => blank(&mut reply, "token"),
        "LeaseTimeToLive" | "timetolive" => remaining(&mut reply),
        "LeaseLeases" => {
            if let Some(leases) = reply["leases"].as_array_mut() {
                leases.sort_by_key(|lease| number(&lease["ID"]));
            }
        }
        "Range" | "range" => range(request, &mut reply),
        "Txn" | "txn" => txn(request, &mut reply),
        _ => {}
    }
    reply
}

/// Takes raft's term out of every header, and Go's odd spaces out of every text.
fn clean(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(header) = fields.get_mut("header").and_then(Value::as_object_mut) {
                header.remove("raft_term");
            }
            fields.values_mut().for_each(clean);
        }
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::String(text) if text.contains('\u{a0}') => *text = text.replace('\u{a0}', " "),
        _ => {}
    }
}

fn blank(reply: &mut Value, field: &str) {
    if let Some(value) = reply.get_mut(field) {
        *value = json!("there");
    }
}

fn remaining(reply: &mut Value) {
    let (left, granted) = (number(&reply["TTL"]), number(&reply["grantedTTL"]));
    if left > 0 && (granted - 1200..=granted).contains(&left) {
        reply["TTL"] = json!("most of it");
    }
}

/// Reads a number that may be a text, as the gateway writes it.
#[must_use]
pub fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        .unwrap_or(0)
}

fn txn(request: &Value, reply: &mut Value) {
    let branch = if reply["succeeded"] == true {
        "success"
    } else {
        "failure"
    };
    let operations = request[branch].as_array().map_or(&[][..], Vec::as_slice);
    let Some(responses) = reply["responses"].as_array_mut() else {
        return;
    };
    for (operation, response) in operations.iter().zip(responses) {
        if let Some(response) = response.get_mut("response_range") {
            range(&operation["request_range"], response);
        }
        if let Some(response) = response.get_mut("response_txn") {
            txn(&operation["request_txn"], response);
        }
    }
}

/// Puts what is equal in the field it was sorted by into the order of keys. Where a limit cut, which of the last equal ones
/// are there is open too; those are left out.
fn range(request: &Value, reply: &mut Value) {
    let field = match number(&request["sort_target"]) {
        1 => "version",
        2 => "create_revision",
        3 => "mod_revision",
        4 => "value",
        _ => return,
    };
    let is_cut = reply["more"] == true;
    let Some(kvs) = reply["kvs"].as_array_mut() else {
        return;
    };
    let last = kvs.last().map(|kv| kv[field].clone());
    if is_cut {
        kvs.retain(|kv| Some(&kv[field]) != last.as_ref());
    }
    for equal in kvs.chunk_by_mut(|left, right| left[field] == right[field]) {
        equal.sort_by_key(|kv| kv["key"].as_str().map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::reply;

    #[test]
    fn what_is_equal_in_a_sorted_range_has_no_order() {
        let request = json!({"sort_target": 1});
        let one = json!({"header": {"raft_term": 2}, "kvs": [{"key": "a", "version": 1}, {"key": "b", "version": 1}]});
        let other = json!({"header": {"raft_term": 3}, "kvs": [{"key": "b", "version": 1}, {"key": "a", "version": 1}]});
        assert_eq!(
            reply("KV/Range", &request, one.clone()),
            reply("KV/Range", &request, other.clone())
        );
        assert_ne!(
            reply("KV/Range", &json!({}), one),
            reply("KV/Range", &json!({}), other)
        );
    }
}

//! `get`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/get_command.go.

use etcd_api::etcdserverpb::{
    RangeRequest,
    range_request::{SortOrder, SortTarget},
};
use etcd_client::interval;
use kit_cli::{Matches, value::quote};

use crate::{context::Ctl, failure::Failure, print::Reply};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let request = request(&ctl.line.matches, &ctl.line.arguments)?;
    let call = ctl.call();
    let client = ctl.client().await?;
    let answer = if ctl.switch("stream") {
        client.range_stream(call, request).await?
    } else {
        client.range(call, request).await?
    };
    if ctl.switch("count-only") && !ctl.printer().is_fields() {
        return Err(Failure::arguments(
            "--count-only is only for `--write-out=fields`",
        ));
    }
    if ctl.switch("print-value-only") {
        if !ctl.printer().is_simple() {
            return Err(Failure::arguments(
                "print-value-only is only for `--write-out=simple`",
            ));
        }
        ctl.printer_mut().show_values_only();
    }
    ctl.show(&Reply::Get(&answer))
}

/// Returns what flags and arguments of `get` ask for.
pub(super) fn request(flags: &Matches, arguments: &[Vec<u8>]) -> Result<RangeRequest, Failure> {
    let [key, rest @ ..] = arguments else {
        return Err(Failure::arguments(
            "get command needs one argument as key and an optional argument as range_end",
        ));
    };
    let (prefix, from_key) = (flags.switch("prefix"), flags.switch("from-key"));
    refuse_both(prefix && from_key, "--prefix", "--from-key")?;
    let (keys_only, count_only) = (flags.switch("keys-only"), flags.switch("count-only"));
    refuse_both(keys_only && count_only, "--keys-only", "--count-only")?;
    let serializable = is_serializable(flags.text("consistency"), flags.text("consistency"))?;
    if !rest.is_empty() && (prefix || from_key) {
        return Err(Failure::arguments(
            "too many arguments, only accept one argument when `--prefix` or `--from-key` is set",
        ));
    }
    let (key, range_end) = interval_of(key, rest.first(), prefix, from_key);
    let (sort_order, sort_target) = order(flags)?;
    let positive = |flag: &str| flags.number::<i64>(flag).max(0);
    let request = RangeRequest {
        key: key.into(),
        range_end: range_end.into(),
        limit: flags.number("limit"),
        revision: positive("rev"),
        sort_order: sort_order.into(),
        sort_target: sort_target.into(),
        serializable,
        keys_only,
        count_only,
        min_mod_revision: positive("min-mod-rev"),
        max_mod_revision: positive("max-mod-rev"),
        min_create_revision: positive("min-create-rev"),
        max_create_revision: positive("max-create-rev"),
    };
    refuse_disorder(
        "Create",
        request.min_create_revision,
        request.max_create_revision,
    )?;
    refuse_disorder("Mod", request.min_mod_revision, request.max_mod_revision)?;
    Ok(request)
}

/// Returns key and range end of a key, a range, everything under a prefix, or everything from a key on.
pub(super) fn interval_of(
    key: &[u8],
    end: Option<&Vec<u8>>,
    prefix: bool,
    from_key: bool,
) -> (Vec<u8>, Vec<u8>) {
    let everything = || (interval::FROM_KEY.to_vec(), interval::FROM_KEY.to_vec());
    if (prefix || from_key) && key.is_empty() {
        return everything();
    }
    let end = if prefix {
        interval::prefix_end(key)
    } else if from_key {
        interval::FROM_KEY.to_vec()
    } else {
        end.cloned().unwrap_or_default()
    };
    (key.to_vec(), end)
}

pub(super) fn refuse_both(both: bool, first: &str, second: &str) -> Result<(), Failure> {
    if both {
        return Err(Failure::arguments(format!(
            "`{first}` and `{second}` cannot be set at the same time, choose one"
        )));
    }
    Ok(())
}

/// Reads `l` or `s`; `shown` stands in the refusal.
pub(super) fn is_serializable(consistency: &str, shown: &str) -> Result<bool, Failure> {
    match consistency {
        "s" => Ok(true),
        "l" => Ok(false),
        _ => Err(Failure::new(
            Failure::BAD_FEATURE,
            format!("unknown consistency flag {}", quote(shown)),
        )),
    }
}

/// Reads how results are sorted. Keys in ascending order are what the server gives anyway.
fn order(flags: &Matches) -> Result<(SortOrder, SortTarget), Failure> {
    let refused = |what: &str, text: &str| {
        Failure::new(Failure::BAD_FEATURE, format!("bad sort {what} {text}"))
    };
    let text = flags.text("order");
    let order = match text.to_uppercase().as_str() {
        "ASCEND" => SortOrder::Ascend,
        "DESCEND" => SortOrder::Descend,
        "" => SortOrder::None,
        _ => return Err(refused("order", text)),
    };
    let text = flags.text("sort-by");
    let target = match text.to_uppercase().as_str() {
        "CREATE" => SortTarget::Create,
        "KEY" | "" => SortTarget::Key,
        "MODIFY" => SortTarget::Mod,
        "VALUE" => SortTarget::Value,
        "VERSION" => SortTarget::Version,
        _ => return Err(refused("target", text)),
    };
    Ok(match (order, target) {
        (SortOrder::Ascend, SortTarget::Key) => (SortOrder::None, SortTarget::Key),
        other => other,
    })
}

fn refuse_disorder(what: &str, min: i64, max: i64) -> Result<(), Failure> {
    if max > 0 && min > max {
        return Err(Failure::new(
            Failure::BAD_FEATURE,
            format!("getMin{what}Rev(={min}) > getMax{what}Rev(={max})"),
        ));
    }
    Ok(())
}

//! The card of a group: who it is and how it fares. What it holds is put into it by `group_view`, on demand.

use kit_metrics::{model::Label, name::NameScheme, quote::quote};

use super::{
    View,
    age::{moment, put_age},
    empty::put_command,
    group_path::{encoded, job_first, readable},
    html::Html,
    listing::{Found, last_push},
    query::Query,
};
use crate::store::{clock::Moment, group::Group};

/// Most characters of a label value that a card shows.
const VALUE_CHARS_MAX: usize = 1000;

/// Most characters of a name that are shown.
pub(super) const NAME_CHARS_MAX: usize = 1000;

/// Appends a closed card; its inside is a link to the group, which the script replaces by what is behind it.
pub(super) fn put_closed(html: &mut Html, view: &View, found: &Found<'_>) {
    let path = encoded(&found.group.key, view.name_scheme());
    let alone = Query {
        group: Some(path.clone()),
        ..Query::default()
    };
    put_start(html, found.group, &path, "");
    put_matches(html, found);
    html.raw("</summary>\n<div class=\"inside\" data-load=\"")
        .text(&view.link(&alone))
        .raw("\"><p class=\"loading\"><a href=\"");
    html.text(&view.link(&alone))
        .raw("\">Show the metrics of this group</a></p></div>\n</details>\n");
    put_end(html);
}

/// Appends an open card with what `put_inside` appends to it.
pub(super) fn put_open(
    html: &mut Html,
    view: &View,
    group: &Group,
    put_inside: impl FnOnce(&mut Html),
) {
    put_start(
        html,
        group,
        &encoded(&group.key, view.name_scheme()),
        " open",
    );
    html.raw("</summary>\n<div class=\"inside\">\n");
    if let Some(refusal) = &group.notes.refusal {
        html.raw("<div class=\"refusal\"><strong>The last push was refused.</strong> <bdi>")
            .text(refusal)
            .raw("</bdi></div>\n");
    }
    put_inside(html);
    html.raw("<details class=\"by-hand\"><summary>Delete this group from a shell</summary>\n");
    put_command(
        html,
        view,
        "curl -X DELETE ",
        &format!("/metrics{}", readable(&group.key, view.name_scheme())),
    );
    html.raw("</details>\n</div>\n</details>\n");
    put_end(html);
}

fn put_start(html: &mut Html, group: &Group, path: &str, open: &'static str) {
    html.raw("<article class=\"card group\" data-path=\"")
        .text(path)
        .raw("\">\n<details")
        .raw(open)
        .raw("><summary>");
    html.raw("<h3 class=\"labels\">");
    for label in job_first(&group.key) {
        put_label(html, label, "");
    }
    html.raw("</h3>\n<span class=\"facts\">");
    if !group.last_push_successful() {
        html.raw("<span class=\"badge failed\">Last push failed!</span> ");
    }
    html.raw("<span>");
    match last_push(group) {
        seconds if seconds > 0.0 => put_age(html, moment(seconds), Moment::now()),
        // A snapshot may hold groups that nobody ever timed.
        _ => {
            html.raw("age unknown");
        }
    }
    html.raw("</span> <span>")
        .counted(group.families.len(), "metric", "metrics");
    html.raw("</span> <span>")
        .counted(group.series, "series", "series")
        .raw("</span></span>\n");
    if let Some(refusal) = &group.notes.refusal {
        html.raw("<span class=\"refusal-line\"><bdi>")
            .text(refusal)
            .raw("</bdi></span>\n");
    }
}

fn put_end(html: &mut Html) {
    html.raw(
        "<button type=\"button\" class=\"delete needs-script\">Delete Group</button>\n</article>\n",
    );
}

fn put_matches(html: &mut Html, found: &Found<'_>) {
    if found.matches.is_empty() {
        return;
    }
    html.raw("<span class=\"matches\">Found in ");
    for name in &found.matches {
        html.raw("<code><bdi>")
            .start_of(name.as_bytes(), NAME_CHARS_MAX)
            .raw("</bdi></code> ");
    }
    if found.matches_more > 0 {
        html.raw("and ").count(found.matches_more).raw(" more");
    }
    html.raw("</span>\n");
}

/// Appends a label as a badge, its value isolated: right-to-left text in it cannot turn its surroundings around.
pub(super) fn put_label(html: &mut Html, label: Label<'_>, class: &'static str) {
    html.raw("<span class=\"label ")
        .raw(if label.name == b"job" { "job " } else { "" })
        .raw(class)
        .raw("\"><bdi class=\"name\">");
    put_name(html, label.name, NameScheme::is_label_name);
    html.raw("</bdi>=&quot;<bdi class=\"value\">")
        .start_of(label.value, VALUE_CHARS_MAX)
        .raw("</bdi>&quot;</span> ");
}

/// Appends a name, in quotes if it is not a classic one.
///
/// Source: pushgateway handler/status.go `formatLabelName`.
pub(super) fn put_name(html: &mut Html, name: &[u8], is_name: fn(NameScheme, &[u8]) -> bool) {
    if is_name(NameScheme::Legacy, name) {
        html.start_of(name, NAME_CHARS_MAX);
    } else {
        html.start_of(quote(name).as_bytes(), NAME_CHARS_MAX);
    }
}

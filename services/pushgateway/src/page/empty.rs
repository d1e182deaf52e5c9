//! What the page says when there is nothing to show, and how to change that.

use super::{View, html::Html, query::Query};

/// Says that the store is empty, with a command that pushes a first metric.
pub(super) fn put_first_push(html: &mut Html, view: &View) {
    html.raw(
        "<div class=\"empty\"><h3>Nothing has been pushed yet</h3>\n<p>Push a first metric:</p>\n",
    );
    put_command(
        html,
        view,
        "echo \"my_first_metric 3.14\" | curl --data-binary @- ",
        "/metrics/job/my_first_job",
    );
    html.raw("<p>Then reload this page. Prometheus scrapes it from <code>");
    html.text(&view.prefix)
        .text(view.flag("web.telemetry-path"))
        .raw("</code>.</p></div>\n");
}

/// Says that the search found nothing.
pub(super) fn put_nothing_found(html: &mut Html, view: &View, query: &Query) {
    html.raw("<div class=\"empty\"><h3>No group matches</h3>\n<p>");
    if !query.search.is_empty() {
        html.raw("Nothing holds <q><bdi>")
            .text(&query.search)
            .raw("</bdi></q> in its labels or metric names. ");
    }
    let all = Query {
        sort: query.sort,
        ..Query::default()
    };
    html.raw("<a href=\"")
        .text(&view.link(&all))
        .raw("\">Show all groups</a></p></div>\n");
}

/// Says that a group is not, or no longer, there.
pub(super) fn put_no_group(html: &mut Html) {
    html.raw("<div class=\"empty\"><h3>This group does not exist</h3>\n");
    html.raw("<p>It was deleted, or nothing was ever pushed to it.</p></div>\n");
}

/// Appends a command with a button to copy it. The URL between its two parts becomes the one the browser used.
pub(super) fn put_command(html: &mut Html, view: &View, before: &'static str, path: &str) {
    html.raw("<div class=\"command\"><code>")
        .text(before)
        .raw("<span class=\"url\">")
        .text(&view.url())
        .raw("</span>");
    html.text(path)
        .raw("</code><button type=\"button\" class=\"copy needs-script\">Copy</button></div>\n");
}

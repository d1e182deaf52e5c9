//! What runs: since when, built from what, started how.
//!
//! Source: pushgateway resources/template.html (`status-div`).

use super::{View, age::put_exact, html::Html};
use crate::store::clock::Moment;

/// Appends the status.
pub(super) fn put(html: &mut Html, view: &View) {
    html.raw("<section id=\"status\" aria-labelledby=\"status-title\">\n<h2 id=\"status-title\" class=\"unseen\">Status</h2>\n");
    put_table_start(html, "Runtime Information");
    html.raw("<tr><th scope=\"row\">Started</th><td>");
    put_exact(html, view.started, Moment::now());
    html.raw("</td></tr>\n").raw(TABLE_END);
    put_table_start(html, "Build Information");
    let build = &view.build;
    // Upstream's keys in upstream's order; the toolchain stands where upstream shows Go's version.
    let facts = [
        ("branch", build.branch),
        ("buildDate", build.build_date),
        ("buildUser", build.build_user),
        ("goVersion", build.toolchain),
        ("revision", build.revision),
        ("version", &build.version),
        ("platform", build.platform),
        ("tags", &build.tags),
    ];
    for (name, value) in facts {
        put_row(html, name, value);
    }
    html.raw(TABLE_END);
    put_table_start(html, "Startup Flags");
    for (name, value) in &view.flags {
        put_row(html, name, value);
    }
    html.raw(TABLE_END).raw("</section>\n");
}

const TABLE_END: &str = "</tbody></table></div>\n";

fn put_table_start(html: &mut Html, title: &'static str) {
    html.raw("<div class=\"card facts-table\"><h3>")
        .raw(title)
        .raw("</h3><table><tbody>\n");
}

fn put_row(html: &mut Html, name: &str, value: &str) {
    html.raw("<tr><th scope=\"row\">")
        .text(name)
        .raw("</th><td><bdi>")
        .text(value)
        .raw("</bdi></td></tr>\n");
}

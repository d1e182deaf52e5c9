//! The web page: everything pushed and everything that runs, in one document that needs no script to be read.
//!
//! Every link and form is an ordinary one (`query`); the script loads the same documents and takes the part it needs. What
//! happens on a click of a delete button is in `assets/`.
//!
//! Source: pushgateway resources/template.html, handler/status.go.

mod age;
mod assets;
mod card;
mod empty;
mod family;
pub(crate) mod group_path;
mod group_view;
mod html;
mod listing;
mod number;
mod overview;
mod query;
mod status;
mod table;

use http::{HeaderName, HeaderValue, StatusCode, header};
use kit_http::{Body, Response};
use kit_metrics::name::NameScheme;
use kit_telemetry::BuildInfo;

pub(crate) use self::assets::asset;
use self::{assets::Asset, html::Html, query::Query};
use crate::{
    answer,
    store::{clock::Moment, state::State},
};

/// What a page shows besides the store, and what was asked for.
#[derive(Debug)]
pub(crate) struct View {
    /// Path under which browsers reach the service: empty, or with a leading and no trailing slash.
    pub(crate) prefix: String,
    pub(crate) admin_api: bool,
    pub(crate) build: BuildInfo,
    /// Flags and their values, sorted.
    pub(crate) flags: Vec<(String, String)>,
    pub(crate) started: Moment,
    /// The query of the request, without its question mark.
    pub(crate) query: String,
}

/// Nothing but our own files: even markup that slipped through could not run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// Returns the page. Its size is bounded whatever the store holds; its cost is one look at every group.
pub(crate) fn render(view: &View, state: &State) -> Response {
    let query = Query::parse(&view.query);
    let mut html = Html::default();
    put_head(&mut html, view);
    html.raw("<main>\n<section id=\"metrics\" aria-labelledby=\"metrics-title\">\n");
    let known = match &query.group {
        Some(path) => group_view::put(&mut html, view, state, path, &query),
        None => {
            overview::put(&mut html, view, state, &query);
            true
        }
    };
    html.raw("</section>\n");
    status::put(&mut html, view);
    html.raw("</main>\n").raw(DIALOG).raw("</body>\n</html>\n");
    let status = if known {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    let mut response = answer::with_type(
        status,
        "text/html; charset=utf-8",
        Body::from(html.finish()),
    );
    response.headers_mut().extend(headers());
    response
}

fn headers() -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-cache"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .into_iter()
}

impl View {
    /// Returns what relative links begin with.
    fn base(&self) -> &str {
        if self.prefix.is_empty() {
            "."
        } else {
            &self.prefix
        }
    }

    /// Returns the link to a view of the page.
    fn link(&self, query: &Query) -> String {
        let text = query.text();
        let mark = if text.is_empty() { "" } else { "?" };
        format!("{}/{mark}{text}", self.base())
    }

    fn flag(&self, name: &str) -> &str {
        self.flags
            .iter()
            .find(|(flag, _)| flag == name)
            .map_or("", |(_, value)| value)
    }

    fn name_scheme(&self) -> NameScheme {
        if self.flag("push.enable-utf8-names") == "true" {
            NameScheme::Utf8
        } else {
            NameScheme::Legacy
        }
    }

    /// Returns the URL that commands start with until the script, which knows better, puts its own there.
    fn url(&self) -> String {
        let external = self.flag("web.external-url");
        if external.contains("://") {
            return external.trim_end_matches('/').to_owned();
        }
        let address = self.flag("web.listen-address");
        let address = address.split_once(',').map_or(address, |(first, _)| first);
        let port = address.rsplit_once(':').map_or("9091", |(_, port)| port);
        format!("http://localhost:{port}{}", self.prefix)
    }
}

fn put_head(html: &mut Html, view: &View) {
    let now = Moment::now();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\" data-now=\"")
        .text(&now.seconds.to_string());
    html.raw("\">\n<head>\n").raw(META);
    let mut link = |before: &'static str, name: &'static str, after: &'static str| {
        let asset = Asset::named(name);
        html.raw(before)
            .text(view.base())
            .raw("/static/")
            .raw(name)
            .raw("?v=")
            .text(&asset.version())
            .raw(after);
    };
    link(
        "<link rel=\"icon\" type=\"image/svg+xml\" href=\"",
        "favicon.svg",
        "\">\n",
    );
    link(
        "<link rel=\"alternate icon\" href=\"",
        "favicon.ico",
        "\">\n",
    );
    link("<link rel=\"stylesheet\" href=\"", "page.css", "\">\n");
    link("<script src=\"", "early.js", "\"></script>\n");
    link(
        "<script type=\"module\" src=\"",
        "page.js",
        "\"></script>\n",
    );
    html.raw("</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header class=\"top\">\n");
    html.raw("<a class=\"brand\" href=\"")
        .text(view.base())
        .raw("/\">")
        .raw(LOGO)
        .raw("Pushgateway</a>\n")
        .raw(NAVIGATION);
    html.raw("</header>\n");
}

const META: &str = "<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"robots\" content=\"noindex,nofollow\">\n\
    <title>Prometheus Pushgateway</title>\n";

const LOGO: &str = "<svg class=\"logo\" viewBox=\"0 0 32 32\" aria-hidden=\"true\"><rect width=\"32\" height=\"32\" rx=\"8\"/>\
    <path d=\"M7 16h12m-5-5 5 5-5 5M25 8v16\"/></svg>";

const NAVIGATION: &str = "<nav aria-label=\"Main\"><a href=\"#metrics\">Metrics</a><a href=\"#status\">Status</a>\
    <a href=\"https://github.com/prometheus/pushgateway/blob/master/README.md\" target=\"_blank\" rel=\"noopener noreferrer\">\
    Help</a></nav>\n\
    <button type=\"button\" id=\"theme\" class=\"icon-button needs-script\" aria-label=\"Dark mode\" aria-pressed=\"false\">\
    <svg viewBox=\"0 0 20 20\" aria-hidden=\"true\"><circle cx=\"10\" cy=\"10\" r=\"7\"/><path d=\"M10 3a7 7 0 0 1 0 14z\"/></svg>\
    </button>\n";

/// The question before anything is deleted, and the place where the script says what happened.
const DIALOG: &str = "<dialog id=\"confirm\" aria-labelledby=\"confirm-title\" aria-describedby=\"confirm-text\">\n\
    <form method=\"dialog\"><h2 id=\"confirm-title\">Deletion Confirmation</h2><p id=\"confirm-text\"></p>\
    <p id=\"confirm-error\" class=\"refusal\" role=\"alert\" hidden></p>\
    <div class=\"buttons\"><button value=\"cancel\">Cancel</button>\
    <button type=\"button\" id=\"confirm-yes\" class=\"danger\">Delete</button></div></form>\n</dialog>\n\
    <p id=\"said\" class=\"toast\" role=\"status\"></p>\n";

#[cfg(test)]
mod tests;

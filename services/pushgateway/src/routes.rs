//! Which endpoint a request path and method lead to, or which redirect or refusal.
//!
//! Pure: no request is handled here. Paths are first cleaned as they were sent, then matched percent-decoded, as upstream's two
//! layers (Go's mux and httprouter) do together.
//!
//! Source: pushgateway main.go, api/v1/api.go; julienschmidt/httprouter v1.3.0 `ServeHTTP`; Go net/http `ServeMux`.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

/// What a request is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Endpoint {
    Exposition,
    Push(PushTarget),
    Page,
    /// The path below `static/`.
    Static(String),
    Healthy,
    Ready,
    Quit,
    /// GET of the quit path, which only explains itself.
    QuitRefusal,
    ApiOptions,
    ApiStatus,
    ApiMetrics,
    ApiGroups,
    Wipe,
}

/// The grouping key as it stands in a path, percent-decoded but not yet parsed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PushTarget {
    pub(crate) job: Vec<u8>,
    pub(crate) job_is_base64: bool,
    /// What follows the job, with its leading slash; empty if nothing does.
    pub(crate) labels: Vec<u8>,
}

/// The outcome of routing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Routed {
    To(Endpoint),
    /// To this path, with the query as it was.
    Redirect {
        permanent: bool,
        path: String,
    },
    /// The path is known for these methods only.
    MethodNotAllowed {
        allow: String,
    },
    /// OPTIONS of a path known for these methods.
    Options {
        allow: String,
    },
    NotFound,
}

/// The routes of one configuration.
#[derive(Debug)]
pub(crate) struct Routes {
    table: Vec<Route>,
    api: String,
}

#[derive(Debug)]
struct Route {
    methods: &'static [Method],
    pattern: Pattern,
}

#[derive(Debug)]
enum Pattern {
    /// One path.
    Exact(String, Endpoint),
    /// This prefix, a segment that is not empty, and anything after a further slash.
    Job { prefix: String, is_base64: bool },
    /// Everything below this prefix, which ends with a slash.
    Static(String),
}

const GET: &[Method] = &[Method::GET];
const PUT: &[Method] = &[Method::PUT];
const DELETE: &[Method] = &[Method::DELETE];
const QUIT: &[Method] = &[Method::POST, Method::PUT];
const PUSH: &[Method] = &[Method::DELETE, Method::POST, Method::PUT];

impl Routes {
    /// Makes the routes. `prefix` is empty or begins with a slash and does not end with one.
    pub(crate) fn new(prefix: &str, telemetry_path: &str, admin_api: bool) -> Self {
        let route = |methods, path: &str, endpoint| Route {
            methods,
            pattern: Pattern::Exact(clean(&format!("{prefix}{path}")).into_owned(), endpoint),
        };
        let job = |path: &str, is_base64| Route {
            methods: PUSH,
            pattern: Pattern::Job {
                prefix: format!("{prefix}{path}"),
                is_base64,
            },
        };
        let mut table = vec![
            route(GET, &format!("/{telemetry_path}"), Endpoint::Exposition),
            job("/metrics/job@base64/", true),
            job("/metrics/job/", false),
            route(GET, "/", Endpoint::Page),
            route(GET, "/status", Endpoint::Page),
            Route {
                methods: GET,
                pattern: Pattern::Static(format!("{prefix}/static/")),
            },
            route(GET, "/-/healthy", Endpoint::Healthy),
            route(GET, "/-/ready", Endpoint::Ready),
            route(QUIT, "/-/quit", Endpoint::Quit),
            // Upstream forgot the prefix here.
            Route {
                methods: GET,
                pattern: Pattern::Exact("/-/quit".to_owned(), Endpoint::QuitRefusal),
            },
            route(GET, "/api/v1/status", Endpoint::ApiStatus),
            route(GET, "/api/v1/metrics", Endpoint::ApiMetrics),
        ];
        if admin_api {
            table.push(route(PUT, "/api/v1/admin/wipe", Endpoint::Wipe));
            table.push(route(DELETE, "/api/v1/groups", Endpoint::ApiGroups));
        }
        Self {
            table,
            api: format!("{prefix}/api/v1"),
        }
    }

    /// Routes a request by its method and its path as sent, without the query.
    pub(crate) fn find(&self, method: &Method, raw: &str) -> Routed {
        if *method == Method::CONNECT {
            return Routed::NotFound; // its target is no path
        }
        let cleaned = clean(raw);
        if *cleaned != *raw {
            return Routed::Redirect {
                permanent: false,
                path: cleaned.into_owned(),
            };
        }
        if raw == self.api {
            return Routed::Redirect {
                permanent: false,
                path: format!("{raw}/"),
            };
        }
        let path: Cow<'_, [u8]> = percent_decode_str(raw).into();
        if *method == Method::OPTIONS && self.is_api(&path) {
            return Routed::To(Endpoint::ApiOptions);
        }
        let mine = || {
            self.table
                .iter()
                .filter(|route| route.methods.contains(method))
        };
        if let Some(endpoint) = mine().find_map(|route| route.matched(&path)) {
            return Routed::To(endpoint);
        }
        let permanent = *method == Method::GET;
        if let Some(path) = mine().find_map(|route| route.with_other_slash(raw, &path)) {
            return Routed::Redirect { permanent, path };
        }
        if let Some(path) = mine().find_map(|route| route.respelled(raw, &path)) {
            return Routed::Redirect { permanent, path };
        }
        self.refusal(method, &path)
    }

    /// Tells whether a path is below the JSON API, which has rules of its own.
    pub(crate) fn is_api(&self, path: &[u8]) -> bool {
        path.strip_prefix(self.api.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"/"))
    }

    fn refusal(&self, method: &Method, path: &[u8]) -> Routed {
        let mut allow: Vec<_> = self
            .table
            .iter()
            .filter(|route| route.matched(path).is_some())
            .flat_map(|route| route.methods)
            .map(Method::as_str)
            .collect();
        if allow.is_empty() {
            return Routed::NotFound;
        }
        allow.push("OPTIONS");
        allow.sort_unstable();
        allow.dedup();
        let allow = allow.join(", ");
        if *method == Method::OPTIONS {
            Routed::Options { allow }
        } else {
            Routed::MethodNotAllowed { allow }
        }
    }
}

impl Route {
    fn matched(&self, path: &[u8]) -> Option<Endpoint> {
        match &self.pattern {
            Pattern::Exact(exact, endpoint) => (exact.as_bytes() == path).then(|| endpoint.clone()),
            Pattern::Static(prefix) => {
                let below = path.strip_prefix(prefix.as_bytes())?;
                Some(Endpoint::Static(
                    String::from_utf8_lossy(below).into_owned(),
                ))
            }
            Pattern::Job { prefix, is_base64 } => {
                let rest = path.strip_prefix(prefix.as_bytes())?;
                let end = rest
                    .iter()
                    .position(|byte| *byte == b'/')
                    .unwrap_or(rest.len());
                let (job, labels) = rest.split_at(end);
                let target = || PushTarget {
                    job: job.to_vec(),
                    job_is_base64: *is_base64,
                    labels: labels.to_vec(),
                };
                (!job.is_empty()).then(|| Endpoint::Push(target()))
            }
        }
    }

    /// Returns the path with its last slash added or taken away, if that is what this route would match.
    fn with_other_slash(&self, raw: &str, path: &[u8]) -> Option<String> {
        let shorter = || raw.strip_suffix('/').map(str::to_owned);
        let is_longer = |fixed: &str| path.strip_suffix(b"/") == Some(fixed.as_bytes());
        let is_shorter = |fixed: &str| {
            fixed
                .strip_suffix('/')
                .is_some_and(|fixed| fixed.as_bytes() == path)
        };
        match &self.pattern {
            Pattern::Exact(exact, _) if is_longer(exact) => shorter(),
            Pattern::Exact(fixed, _) | Pattern::Static(fixed) => {
                is_shorter(fixed).then(|| format!("{raw}/"))
            }
            // httprouter's tree happens to know this path without its slash, though no route ends there.
            Pattern::Job {
                prefix,
                is_base64: false,
            } if prefix.as_bytes() == path => shorter(),
            Pattern::Job { .. } => None,
        }
    }

    /// Returns the path in the spelling of this route, if upper and lower case and a last slash are all that differs.
    fn respelled(&self, raw: &str, path: &[u8]) -> Option<String> {
        match &self.pattern {
            Pattern::Exact(fixed, _) => {
                let plain =
                    |path: &[u8]| path.strip_suffix(b"/").unwrap_or(path).to_ascii_lowercase();
                (plain(path) == plain(fixed.as_bytes())).then(|| fixed.clone())
            }
            Pattern::Job { prefix: fixed, .. } | Pattern::Static(fixed) => {
                let (start, rest) = path.split_at_checked(fixed.len())?;
                self.matched(&[fixed.as_bytes(), rest].concat())?;
                // The rest keeps the escapes it was sent with (deviation D10).
                let slashes = fixed.matches('/').count();
                let (at, _) = raw.match_indices('/').nth(slashes - 1)?;
                start
                    .eq_ignore_ascii_case(fixed.as_bytes())
                    .then(|| format!("{fixed}{}", &raw[at + 1..]))
            }
        }
    }
}

/// Returns the path without doubled slashes and without `.` and `..`; a last slash stays.
///
/// Source: Go net/http `cleanPath`.
fn clean(path: &str) -> Cow<'_, str> {
    let is_clean = path.starts_with('/')
        && !path.contains("//")
        && path
            .split('/')
            .all(|segment| segment != "." && segment != "..");
    if is_clean {
        return Cow::Borrowed(path);
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut cleaned = format!("/{}", segments.join("/"));
    if path.ends_with('/') && !cleaned.ends_with('/') {
        cleaned.push('/');
    }
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests;

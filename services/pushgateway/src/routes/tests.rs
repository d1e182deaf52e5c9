use super::*;

#[track_caller]
fn check(prefix: &str, method: &str, path: &str, expected: &str) {
    let routes = Routes::new(prefix, "/metrics", true);
    let shown = match routes.find(&method.parse().unwrap(), path) {
        Routed::To(Endpoint::Push(target)) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            format!(
                "push {}{} {:?}",
                text(&target.job),
                if target.job_is_base64 {
                    " (base64)"
                } else {
                    ""
                },
                text(&target.labels)
            )
        }
        Routed::To(endpoint) => format!("{endpoint:?}"),
        Routed::Redirect { permanent, path } => {
            format!("{} {path}", if permanent { 301 } else { 307 })
        }
        Routed::MethodNotAllowed { allow } => format!("405 {allow}"),
        Routed::Options { allow } => format!("200 {allow}"),
        Routed::NotFound => "404".to_owned(),
    };
    assert_eq!(shown, expected, "{method} {path} under {prefix:?}");
}

#[test]
fn pushes_take_the_job_and_what_follows() {
    check("", "PUT", "/metrics/job/a", "push a \"\"");
    check("", "POST", "/metrics/job/x/", "push x \"/\"");
    check("", "DELETE", "/metrics/job/x/l/v", "push x \"/l/v\"");
    check(
        "",
        "PUT",
        "/metrics/job@base64/eA==/l/v",
        "push eA== (base64) \"/l/v\"",
    );
    check("", "PUT", "/metrics/job/a%2Fb/c", "push a \"/b/c\"");
    check("/pg", "PUT", "/pg/metrics/job/a", "push a \"\"");
    check("/pg", "PUT", "/metrics/job/a", "404");
}

#[test]
fn a_job_must_not_be_empty() {
    check("", "POST", "/metrics/job", "404");
    check("", "POST", "/metrics/job/", "307 /metrics/job");
    check("", "POST", "/metrics/job@base64/", "404");
}

#[test]
fn paths_are_cleaned_as_sent() {
    check("", "GET", "//metrics", "307 /metrics");
    check("", "PUT", "/metrics/job/a/../b/", "307 /metrics/job/b/");
    check("", "PUT", "/metrics/job/%2e%2e", "push .. \"\"");
    check("", "PUT", "/metrics/job/a/./x//y", "307 /metrics/job/a/x/y");
}

#[test]
fn slashes_and_letters_are_put_right_by_redirects() {
    check("", "GET", "/static", "301 /static/");
    check("", "GET", "/status/", "301 /status");
    check("", "GET", "/metrics/", "301 /metrics");
    check("", "PUT", "/-/quit/", "307 /-/quit");
    check("", "PUT", "/METRICS/job/x", "307 /metrics/job/x");
    check(
        "",
        "PUT",
        "/METRICS/job/x%20y/L/v",
        "307 /metrics/job/x%20y/L/v",
    );
    check("", "GET", "/Status", "301 /status");
    check("/pg", "GET", "/pg", "301 /pg/");
    check("", "GET", "/api/v1", "307 /api/v1/");
    check("", "GET", "/api/v1/status/", "301 /api/v1/status");
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    check(
        "",
        "GET",
        "/metrics/job/x",
        "405 DELETE, OPTIONS, POST, PUT",
    );
    check("", "HEAD", "/metrics", "405 GET, OPTIONS");
    check("", "OPTIONS", "/metrics", "200 GET, OPTIONS");
    check("", "GET", "/api/v1/admin/wipe", "405 OPTIONS, PUT");
    check("", "GET", "/-/quit", "QuitRefusal");
    check("/pg", "GET", "/-/quit", "QuitRefusal");
    check("/pg", "GET", "/pg/-/quit", "405 OPTIONS, POST, PUT");
    check("", "OPTIONS", "/api/v1/whatever", "ApiOptions");
    check("", "GET", "/api/v1/whatever", "404");
    check("", "GET", "/nothing", "404");
}

#[test]
fn the_telemetry_path_moves_the_exposition_only() {
    let routes = Routes::new("/pg", "/telemetry", false);
    assert_eq!(
        routes.find(&Method::GET, "/pg/telemetry"),
        Routed::To(Endpoint::Exposition)
    );
    assert_eq!(routes.find(&Method::GET, "/pg/metrics"), Routed::NotFound);
    assert!(matches!(
        routes.find(&Method::PUT, "/pg/metrics/job/a"),
        Routed::To(Endpoint::Push(_))
    ));
    assert_eq!(
        routes.find(&Method::PUT, "/pg/api/v1/admin/wipe"),
        Routed::NotFound
    );
}

use super::*;
use crate::status::{Step, SupervisorStatus};

const HOSTILE: &str = "</pre><script>alert(1)</script>\"'>&";

fn status(health: Health) -> Status {
    Status {
        taken_at: "2026-01-02T03:04:05Z".into(),
        supervisor: SupervisorStatus {
            version: "1.2.3".into(),
            pid: 10,
            memory_bytes: Some(5 << 20),
            uptime_seconds: 61,
            data_dir: "/data".into(),
            url: "http://127.0.0.1:9000".into(),
        },
        services: vec![ServiceStatus {
            name: "pushgateway".into(),
            about: "about".into(),
            url: "http://127.0.0.1:9091".into(),
            health,
            detail: String::new(),
            version: None,
            pid: Some(11),
            memory_bytes: Some(8 << 20),
            uptime_seconds: Some(60),
            restarts: 2,
            last_end: None,
            crypto: None,
            plots: vec![],
            first_steps: vec![Step {
                does: "do".into(),
                command: "echo 'a' | curl".into(),
            }],
            log: "/data/logs/pushgateway.log".into(),
            log_lines: vec![],
        }],
    }
}

#[track_caller]
fn check(status: &Status, parts: &[&str]) {
    let page = render(status);
    for part in parts {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
}

#[test]
fn a_healthy_service_is_shown_with_its_facts() {
    check(
        &status(Health::Healthy),
        &[
            "<title>1 service healthy",
            "href=\"http://127.0.0.1:9091\"",
            "<dt>PID</dt><dd>11</dd>",
            "<dt>Memory</dt><dd>8.0 MiB</dd>",
            "<dt>Uptime</dt><dd>1 min 0 s</dd>",
            "<dt>Restarts</dt><dd>2</dd>",
            "<dt>Version</dt><dd>–</dd>",
            "No report yet.",
            "echo &#39;a&#39; | curl",
            "Nothing yet.",
        ],
    );
}

#[test]
fn a_service_that_waits_is_counted_and_explained() {
    let mut status = status(Health::Waiting);
    status.services[0].detail = "ended with code 1; next start in 4 s".into();
    check(
        &status,
        &[
            "0 of 1 service healthy",
            "pill waiting",
            "ended with code 1; next start in 4 s",
        ],
    );
}

#[test]
fn the_certificate_of_a_validated_module_is_shown() {
    let mut status = status(Health::Healthy);
    let json = r##"{"provider":"fips","mode":"fips","module":{"name":"AWS-LC FIPS","version":"3.1.0","status":"validated","certificate":"#5314"}}"##;
    status.services[0].crypto = Some(serde_json::from_str(json).unwrap());
    check(
        &status,
        &["AWS-LC FIPS 3.1.0", "<dd>validated</dd>", "<dd>#5314</dd>"],
    );
}

#[test]
fn log_lines_of_trouble_are_marked() {
    let mut status = status(Health::Healthy);
    let lines = [
        "level=info msg=a",
        "level=warn msg=b",
        "{\"level\":\"error\"}",
    ];
    status.services[0].log_lines = lines.map(str::to_owned).to_vec();
    let marked = [
        "<span>level=info",
        "<span class=\"warn\">level=warn",
        "<span class=\"error\">{",
    ];
    check(&status, &marked);
}

#[test]
fn hostile_text_is_inert_wherever_it_comes_from() {
    let mut status = status(Health::Unhealthy);
    let hostile = || HOSTILE.to_owned();
    status.taken_at = hostile();
    status.supervisor.data_dir = HOSTILE.into();
    status.supervisor.version = hostile();
    let service = &mut status.services[0];
    (service.name, service.about, service.url, service.detail) =
        (hostile(), hostile(), hostile(), hostile());
    service.version = Some(hostile());
    service.last_end = Some(hostile());
    service.log = HOSTILE.into();
    service.log_lines = vec![hostile()];
    service.first_steps[0] = Step {
        does: hostile(),
        command: hostile(),
    };
    let json = serde_json::json!({"provider": HOSTILE, "mode": HOSTILE,
        "module": {"name": HOSTILE, "version": HOSTILE, "status": HOSTILE, "certificate": HOSTILE}});
    service.crypto = Some(serde_json::from_value(json).unwrap());
    let page = render(&status);
    assert!(!page.contains("<script>"), "{page}");
    assert_eq!(page.matches("</pre>").count(), 1);
    assert_eq!(page.matches("<script").count(), 1, "only our own");
}

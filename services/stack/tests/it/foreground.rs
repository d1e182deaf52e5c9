//! `stack up` in the foreground: what runs, what is shown, how it ends.

use std::fs;

use nix::sys::signal::Signal;
use stack::status::Health;

use crate::{
    stand_in,
    workbench::{Workbench, eventually, is_free, told},
};

#[test]
fn everything_about_a_service_is_shown() {
    let bench = Workbench::new();
    let running = bench.start();
    let service = bench.until(|service| service.version.is_some());
    assert_eq!(
        (service.name.as_str(), service.health),
        ("pushgateway", Health::Healthy)
    );
    assert_eq!(service.url, format!("http://{}", bench.address));
    assert_eq!(service.version.as_deref(), Some(stand_in::VERSION));
    assert_eq!(service.pid, Some(running.service().pid));
    assert!(service.memory_bytes.unwrap() > 100_000);
    assert_eq!((service.restarts, &service.last_end), (0, &None));
    assert_eq!(service.crypto.unwrap().provider, "stand-in");
    assert!(
        service
            .log_lines
            .contains(&format!("listening on {}", bench.address)),
        "{:?}",
        service.log_lines
    );
    let supervisor = bench.status().supervisor;
    assert_eq!(supervisor.pid, running.process.id());
    assert_eq!(supervisor.data_dir, bench.data_dir());
}

#[tokio::test]
async fn the_page_is_served_with_a_policy_that_keeps_log_lines_inert() {
    let bench = Workbench::new();
    let _running = bench.start();
    let page = bench.record().unwrap().page;
    let get = async |path| {
        let (status, body) = stack::http_get::get(&page, path, 1 << 20).await.unwrap();
        (status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
    };
    let (status, body) = get("/").await;
    assert_eq!(status, 200);
    assert!(
        body.starts_with("<!doctype html>") && body.contains("1 service healthy"),
        "{body}"
    );
    assert_eq!(
        get("/style.css").await,
        (200, stack::page::STYLE.to_owned())
    );
    assert_eq!(
        get("/refresh.js").await,
        (200, stack::page::REFRESH.to_owned())
    );
    assert_eq!(get("/../etc/passwd").await.0, 404);
    let raw = raw_answer(
        &page,
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    assert!(raw.contains("default-src 'none'"), "{raw}");
    let post = raw_answer(
        &page,
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    assert!(post.starts_with("HTTP/1.1 405"), "{post}");
}

fn raw_answer(address: &str, request: &str) -> String {
    use std::io::{Read, Write};
    let mut connection = std::net::TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn status_is_a_table_and_ends_with_0_while_all_is_healthy() {
    let bench = Workbench::new();
    let _running = bench.start();
    let (code, out, _) = told(&bench.run(&["status"]));
    assert_eq!(code, Some(0), "{out}");
    let line = out
        .lines()
        .find(|line| line.starts_with("pushgateway"))
        .unwrap();
    assert!(
        line.contains("healthy") && line.contains(&bench.address),
        "{out}"
    );
}

#[test]
fn ctrl_c_and_sigterm_stop_everything_and_leave_no_state() {
    for how in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let bench = Workbench::new();
        let mut running = bench.start();
        let service = running.service();
        assert_eq!(running.end(how), Some(0), "{how}");
        assert!(!service.is_alive());
        assert!(bench.record().is_none());
        assert!(is_free(&bench.address));
        assert_eq!(told(&bench.run(&["status"])).0, Some(1));
    }
}

#[test]
fn a_service_gets_a_known_environment_and_nothing_else_of_ours() {
    let bench = Workbench::new();
    let running = bench.spawn(|up| up.env("A_SECRET", "x").env("TZ", "UTC"));
    let service = eventually(|| {
        bench
            .record()
            .and_then(|record| record.services.first().map(|first| first.process))
    });
    let environment = eventually(|| {
        let text = fs::read(format!("/proc/{}/environ", service.pid)).unwrap();
        Some(String::from_utf8(text).unwrap()).filter(|text| text.contains("CRYPTO_REPORT="))
    });
    drop(running);
    assert!(
        environment.contains("TZ=UTC") && !environment.contains("A_SECRET"),
        "{environment}"
    );
}

#[test]
fn logs_shows_the_last_lines_and_follows() {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };
    let bench = Workbench::new();
    let _running = bench.start();
    let listening = format!("listening on {}", bench.address);
    let (code, out, _) = told(&bench.run(&["logs", "pushgateway", "-n", "200"]));
    assert!(code == Some(0) && out.contains(&listening), "{out}");
    assert_eq!(told(&bench.run(&["logs", "pushgateway", "-n", "0"])).1, "");

    let mut following = bench
        .command(&["logs", "pushgateway", "-f", "-n", "1000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    assert!(lines.any(|line| line == listening));
    // It reads on from here: what the service writes now comes out.
    raw_answer(&bench.address, "GET /something-new HTTP/1.1\r\n\r\n");
    assert!(lines.any(|line| line.contains("/something-new")));
    following.kill().unwrap();
    following.wait().unwrap();
}

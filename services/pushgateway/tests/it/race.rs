//! Requests at the same time about the same thing: one after the other in some order, never half of each.

use std::{sync::Barrier, thread};

use crate::{
    client::{Answer, Client, Request},
    gateway::Gateway,
};

const ROUNDS: usize = 100;

/// Sends two requests over two connections at the same moment.
fn together(clients: &mut (Client, Client), requests: (&Request, &Request)) -> (Answer, Answer) {
    let start = Barrier::new(2);
    let (left, right) = (&mut clients.0, &mut clients.1);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            start.wait();
            right.send(requests.1)
        });
        start.wait();
        (left.send(requests.0), other.join().unwrap())
    })
}

/// Returns the names of the series that the group `job/g` shows, its two times aside.
fn names(gateway: &Gateway) -> Vec<String> {
    let scrape = gateway.pushed();
    let series = scrape
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("push_"));
    series
        .map(|line| line.split('{').next().unwrap().to_owned())
        .collect()
}

fn request(method: &str, body: &str) -> Request {
    Request::new(method, "/metrics/job/g").body(body)
}

#[test]
fn of_two_replacements_one_stands_whole() {
    let gateway = Gateway::start(&[]);
    let mut clients = (gateway.connect(), gateway.connect());
    let (left, right) = (request("PUT", "a 1\nb 1\n"), request("PUT", "b 2\nc 2\n"));
    for _ in 0..ROUNDS {
        let (one, other) = together(&mut clients, (&left, &right));
        assert_eq!((one.status, other.status), (200, 200));
        let names = names(&gateway);
        assert!(names == ["a", "b"] || names == ["b", "c"], "{names:?}");
    }
}

#[test]
fn of_two_additions_both_stand() {
    let gateway = Gateway::start(&[]);
    let mut clients = (gateway.connect(), gateway.connect());
    let (left, right) = (request("POST", "a 1\nb 1\n"), request("POST", "b 2\nc 2\n"));
    for _ in 0..ROUNDS {
        gateway.send(&request("DELETE", "")).text(202);
        together(&mut clients, (&left, &right));
        assert_eq!(names(&gateway), ["a", "b", "c"]);
    }
}

#[test]
fn a_replacement_and_a_deletion_leave_all_or_nothing() {
    let gateway = Gateway::start(&[]);
    let mut clients = (gateway.connect(), gateway.connect());
    let (left, right) = (request("PUT", "a 1\nb 1\n"), request("DELETE", ""));
    for _ in 0..ROUNDS {
        let (pushed, deleted) = together(&mut clients, (&left, &right));
        assert_eq!((pushed.status, deleted.status), (200, 202));
        let names = names(&gateway);
        assert!(names == ["a", "b"] || names.is_empty(), "{names:?}");
    }
}

#[test]
fn of_two_types_for_a_new_name_the_first_wins_and_the_scrape_stands() {
    let gateway = Gateway::start(&[]);
    let mut clients = (gateway.connect(), gateway.connect());
    for round in 0..ROUNDS {
        let push = |group: &str, kind: &str| {
            let body = format!("# TYPE new_{round} {kind}\nnew_{round} 1\n");
            Request::new("PUT", &format!("/metrics/job/{group}")).body(body)
        };
        let (one, other) = together(
            &mut clients,
            (&push("left", "gauge"), &push("right", "counter")),
        );
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        assert_eq!(
            gateway
                .pushed()
                .matches(&format!("\nnew_{round}{{"))
                .count(),
            1
        );
    }
}

//! Clients that hold connections and do little with them: everybody else is served as if they were not there.

use std::time::{Duration, Instant};

use crate::{
    client::{Client, Request},
    gateway::Gateway,
};

const IDLE: usize = 1000;
const SLOW: usize = 200;

/// Opens a connection that stalls in the middle of a request.
fn stalled(gateway: &Gateway, number: usize) -> Client {
    let mut client = gateway.connect();
    let request = slow_push(number);
    let head = request.head();
    if number.is_multiple_of(2) {
        client.write(&head.as_bytes()[..head.len() / 2]).unwrap();
    } else {
        client.write(head.as_bytes()).unwrap();
        client.write(b"slow").unwrap();
    }
    client
}

fn slow_push(number: usize) -> Request {
    Request::new("PUT", &format!("/metrics/job/slow/n/{number}")).body("slow 1\n")
}

#[test]
fn others_are_served_beside_a_thousand_idle_and_two_hundred_slow_connections() {
    let gateway = Gateway::start(&[]);
    let idle: Vec<_> = (0..IDLE).map(|_| gateway.connect()).collect();
    let slow: Vec<_> = (0..SLOW).map(|number| stalled(&gateway, number)).collect();

    let mut times: Vec<_> = (0..100)
        .map(|number| {
            let begun = Instant::now();
            gateway
                .put(&format!("job/quick/n/{number}"), "quick 1\n")
                .text(200);
            begun.elapsed()
        })
        .collect();
    times.sort();
    let median = times[times.len() / 2];
    assert!(
        median < Duration::from_millis(250),
        "a push takes {median:?}"
    );
    assert_eq!(gateway.get("/-/healthy"), "OK");
    assert_eq!(gateway.pushed().matches("quick{").count(), 100);

    // Slow is not forbidden: a request that goes on is answered.
    for (number, mut client) in slow.into_iter().enumerate() {
        let request = slow_push(number);
        let head = request.head();
        if number.is_multiple_of(2) {
            client.write(&head.as_bytes()[head.len() / 2..]).unwrap();
            client.write(b"slow").unwrap();
        }
        client.write(b" 1\n").unwrap();
        assert_eq!(client.answer().unwrap().status, 200, "slow push {number}");
    }
    assert_eq!(gateway.pushed().matches("slow{").count(), SLOW);
    // And an idle connection is still good.
    for mut client in idle {
        assert_eq!(client.send(&Request::new("GET", "/-/ready")).status, 200);
    }
}

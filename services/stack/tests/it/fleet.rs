//! Several services together: the order of their end, and the end of one that does not want to.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use stack::{
    catalog::Service,
    data_dir::DataDir,
    fleet::Fleet,
    plan::Plan,
    process::{ProcessId, boot_id},
    record::Record,
    recorder::Recorder,
    supervise::Timing,
};

static SERVICES: [Service; 3] = [row("first"), row("second"), row("third")];

const fn row(name: &'static str) -> Service {
    Service {
        name,
        about: "",
        address: "127.0.0.1:1",
        arguments: &[],
        ready_path: "/",
        first_steps: &[],
        plots: &[],
    }
}

/// Starts all three; each runs the script, in which `$0` is its name and `$PWD/..` the place they share.
async fn start(dir: &Path, script: &str, timing: Timing) -> (Fleet, Vec<ProcessId>) {
    let data_dir = DataDir::new(dir.join("data"));
    data_dir.create().unwrap();
    let plans = SERVICES.iter().map(|service| {
        let program = dir.join(service.name);
        fs::write(
            &program,
            format!("#!/bin/sh\nname={}\n{script}", service.name),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Plan::new(
            service,
            None,
            &data_dir,
            dir,
            &[("PATH".into(), "/usr/bin:/bin".into())],
        )
    });
    let supervisor = ProcessId::own().unwrap();
    let record = Record {
        boot_id: boot_id().unwrap(),
        supervisor,
        page: String::new(),
        services: Vec::new(),
    };
    let recorder = Arc::new(Recorder::begin(data_dir.record(), record).unwrap());
    let fleet = Fleet::start(plans.collect(), timing, &recorder).await;
    let mut processes = Vec::new();
    for mut view in fleet.views() {
        // Copied out at once: what `wait_for` returns keeps the supervision from writing.
        let run = view
            .condition
            .wait_for(|condition| condition.run.is_some())
            .await
            .unwrap()
            .run;
        processes.push(run.unwrap().process);
        // The script has set its trap when it says so.
        while !fs::read_to_string(&view.plan.log).unwrap().contains("set") {
            tokio::task::yield_now().await;
        }
    }
    (fleet, processes)
}

#[tokio::test]
async fn services_are_stopped_in_reverse_order_each_gone_before_the_next_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    // Asked second to end, the one before must have finished its slow end.
    let script = "end() { echo $name asked >>../order; sleep 0.2; echo $name gone >>../order; exit 0; }\n\
        trap end TERM\necho set\nwhile :; do sleep 0.05; done\n";
    let (fleet, processes) = start(dir.path(), script, Timing::DEFAULT).await;
    fleet.stop().await;
    let order = fs::read_to_string(dir.path().join("data/order")).unwrap();
    assert_eq!(
        order,
        "third asked\nthird gone\nsecond asked\nsecond gone\nfirst asked\nfirst gone\n"
    );
    assert!(processes.iter().all(|process| !process.is_alive()));
}

#[tokio::test]
async fn a_service_that_ignores_sigterm_is_killed_with_all_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let script = "trap '' TERM\nsleep 1000 &\necho $! >child\necho set\nwait\nsleep 1000\n";
    let timing = Timing {
        stop_patience: Duration::from_millis(100),
        ..Timing::DEFAULT
    };
    let (fleet, processes) = start(dir.path(), script, timing).await;
    let child =
        |name: &str| fs::read_to_string(dir.path().join("data").join(name).join("child")).unwrap();
    let started = SERVICES
        .each_ref()
        .map(|service| ProcessId::of(child(service.name).trim().parse().unwrap()).unwrap());
    fleet.stop().await;
    assert!(processes.iter().all(|process| !process.is_alive()));
    // What a service started is not ours to wait for; it was sent the signal nobody survives.
    let soon = Duration::from_secs(60);
    assert!(started.iter().all(|process| process.ends_within(soon)));
}

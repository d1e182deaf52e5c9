//! `check perf`: a minute of puts at a given rate.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/check.go, `newCheckPerfCommand`.

use std::time::Duration;

use etcd_api::etcdserverpb::PutRequest;
use etcd_client::Call;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};

use crate::{
    command::{
        check::{
            Size, UPKEEP_TIME, compact, connect_many, defragment, delete_keys,
            load::{Load, Puts},
            refuse_keys,
            report::{Report, Stats},
        },
        process::Stop,
    },
    context::{Ctl, print_line},
    failure::Failure,
    progress::Bar,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let size = Size::of(&ctl)?;
    let config = ctl.config().await?;
    let clients = connect_many(&config, size.clients()).await?;
    let [first, ..] = clients.as_slice() else {
        return Ok(());
    };
    let prefix = ctl.text("prefix").to_owned();
    refuse_keys(first, &prefix, "'").await?;

    let (requests, mut outcomes, tasks) = Load::start(&clients).split();
    let rate = puts_per_second(size);
    let producer = tokio::spawn(produce(requests, Puts::new(&prefix, 256, 1024), rate));
    let bar = tokio::spawn(show_seconds());
    let mut stop = Stop::new().map_err(|error| Failure::error(error.to_string()))?;
    let mut report = Report::new();
    loop {
        tokio::select! {
            outcome = outcomes.recv() => match outcome {
                Some(outcome) => report.add(outcome),
                None => break,
            },
            // What is under way is still counted, and the keys are deleted.
            () = stop.asked() => {
                producer.abort();
                bar.abort();
            }
        }
    }
    drop(tasks);
    let stats = report.finish();
    // Its last second may still be drawn; an interrupted one is as it is.
    drop(bar.await);

    match delete_keys(first, Call::within(UPKEEP_TIME), &prefix).await {
        Ok(revision) if ctl.switch("auto-compact") => compact(first, revision).await?,
        Ok(_) => {}
        Err(error) => print_line(&format!(
            "FAIL: Cleanup failed during key deletion: ERROR({error})"
        ))?,
    }
    if ctl.switch("auto-defrag") {
        defragment(first).await?;
    }
    judge(&stats, rate)
}

const fn puts_per_second(size: Size) -> u32 {
    match size {
        Size::Small => 150,
        Size::Medium => 1000,
        Size::Large => 8000,
        Size::ExtraLarge => 15000,
    }
}

/// Hands out requests at a rate until the time is over.
async fn produce(requests: mpsc::Sender<PutRequest>, mut puts: Puts, rate: u32) {
    let end = Instant::now() + DURATION;
    let mut ticks = interval(Duration::from_secs(1) / rate);
    // A limiter lets nobody catch up on what was not sent in time.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while timeout_at(end, ticks.tick()).await.is_ok() && Instant::now() < end {
        if requests.send(puts.make()).await.is_err() {
            return;
        }
    }
}

async fn show_seconds() {
    let mut bar = Bar::new(DURATION.as_secs());
    for _ in 0..DURATION.as_secs() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bar.add(1);
    }
    bar.finish();
}

/// Prints the verdict on each figure and on all of them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "upstream shows whole writes a second"
)]
fn judge(stats: &Stats, rate: u32) -> Result<(), Failure> {
    let mut holds = true;
    if !stats.errors.is_empty() {
        print_line("FAIL: too many errors")?;
        for (reason, count) in &stats.errors {
            print_line(&format!("FAIL: ERROR({reason}) -> {count}"))?;
        }
        holds = false;
    }
    let throughput = stats.per_second as i64 + 1;
    if stats.per_second / f64::from(rate) <= 0.9 {
        print_line(&format!("FAIL: Throughput too low: {throughput} writes/s"))?;
        holds = false;
    } else {
        print_line(&format!("PASS: Throughput is {throughput} writes/s"))?;
    }
    let slowest = stats.slowest_seconds;
    if slowest > SLOWEST_SECONDS_MAX {
        print_line(&format!("Slowest request took too long: {slowest:.6}s"))?;
        holds = false;
    } else {
        print_line(&format!("PASS: Slowest request took {slowest:.6}s"))?;
    }
    let deviation = stats.deviation_seconds;
    if deviation > DEVIATION_SECONDS_MAX {
        print_line(&format!("Stddev too high: {deviation:.6}s"))?;
        holds = false;
    } else {
        print_line(&format!("PASS: Stddev is {deviation:.6}s"))?;
    }
    if holds {
        return print_line("PASS");
    }
    print_line("FAIL")?;
    Err(Failure::told(Failure::ERROR))
}

const DURATION: Duration = Duration::from_secs(60);
const SLOWEST_SECONDS_MAX: f64 = 0.5;
const DEVIATION_SECONDS_MAX: f64 = 0.1;

//! `check datascale`: what a number of keys costs a member in memory.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/check.go, `newCheckDatascaleCommand`; util.go, `endpointMemoryMetrics`.

use etcd_api::etcdserverpb::PutRequest;
use etcd_client::{Config, fetch};
use tokio::sync::mpsc;

use crate::{
    command::{
        UNLIMITED,
        check::{
            Size, compact, connect_many, defragment, delete_keys,
            load::{Load, Puts},
            refuse_keys,
            report::Report,
        },
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
    refuse_keys(first, &prefix, "").await?;
    let before = memory(&config, "before").await?;
    let keys = keys(size);
    print_line(&format!(
        "Start data scale check for work load [{keys} key-value pairs, {PAIR_BYTES} bytes per key-value, {} concurrent \
         clients].",
        clients.len()
    ))?;

    let (requests, mut outcomes, tasks) = Load::start(&clients).split();
    let half = PAIR_BYTES / 2;
    tokio::spawn(produce(requests, Puts::new(&prefix, half, half), keys));
    let mut bar = Bar::new(keys);
    let mut report = Report::new();
    while let Some(outcome) = outcomes.recv().await {
        report.add(outcome);
        bar.add(1);
    }
    drop(tasks);
    bar.finish();
    let stats = report.finish();
    let after = memory(&config, "after").await?;

    let revision = delete_keys(first, UNLIMITED, &prefix).await?;
    if ctl.switch("auto-compact") {
        compact(first, revision).await?;
    }
    if ctl.switch("auto-defrag") {
        defragment(first).await?;
    }
    if !stats.errors.is_empty() {
        print_line("FAIL: too many errors")?;
        for (reason, count) in &stats.errors {
            print_line(&format!("FAIL: ERROR({reason}) -> {count}"))?;
        }
        return Err(Failure::told(Failure::ERROR));
    }
    let used = (after - before) / (1024.0 * 1024.0);
    print_line(&format!(
        "PASS: Approximate system memory used : {used:.2} MB."
    ))
}

const fn keys(size: Size) -> u64 {
    match size {
        Size::Small => 10_000,
        Size::Medium => 100_000,
        Size::Large => 1_000_000,
        Size::ExtraLarge => 3_000_000,
    }
}

async fn produce(requests: mpsc::Sender<PutRequest>, mut puts: Puts, count: u64) {
    for _ in 0..count {
        if requests.send(puts.make()).await.is_err() {
            return;
        }
    }
}

/// Returns the resident memory of the first member, in bytes; `when` is for the text of the failure.
async fn memory(config: &Config, when: &str) -> Result<f64, Failure> {
    let endpoint = config.endpoints.first().map_or("", String::as_str);
    let problem = match fetch(config, endpoint, "/metrics").await {
        Ok(page) => match resident(&String::from_utf8_lossy(&page)) {
            Some(bytes) => return Ok(bytes),
            None => format!("could not find: {RESIDENT}"),
        },
        Err(error) => format!("fetch error: {error}"),
    };
    print_line(&problem)?;
    print_line(&format!(
        "FAIL: Could not read {RESIDENT} {when} the put operations."
    ))?;
    Err(Failure::told(Failure::ERROR))
}

/// Finds the resident memory in a page of metrics; a member without any is not believed.
fn resident(page: &str) -> Option<f64> {
    let line = page.lines().find(|line| line.starts_with(RESIDENT))?;
    let bytes = line[RESIDENT.len()..].trim().parse::<f64>().ok()?;
    (bytes > 0.0).then_some(bytes)
}

const RESIDENT: &str = "process_resident_memory_bytes";

/// Bytes of a key with its value.
const PAIR_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_stands_in_its_line() {
        let page =
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 2.5e+07\n";
        assert_eq!(resident(page), Some(2.5e7));
        assert_eq!(resident("other 1\n"), None);
        assert_eq!(resident("process_resident_memory_bytes 0\n"), None);
    }
}

//! `stack status`: the status page as a table in the terminal, or its JSON.

use std::{fmt::Write, process::ExitCode, time::Duration};

use anyhow::Context;
use tokio::time;

use crate::{
    claim::{Claim, claim},
    data_dir::DataDir,
    http_get, quantity,
    status::{ServiceStatus, Status},
    terminal::print,
};

/// How long the supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest status that is read.
const STATUS_BYTES_MAX: usize = 4 << 20;

pub(crate) fn show(data_dir: &DataDir, is_json: bool) -> anyhow::Result<ExitCode> {
    let place = data_dir.path().display();
    let record = match data_dir
        .path()
        .exists()
        .then(|| claim(data_dir))
        .transpose()?
    {
        None | Some(Claim::Ours(_)) => anyhow::bail!("nothing runs on {place}"),
        Some(Claim::Theirs(record)) => {
            record.context("the supervisor is just starting or ending; try again")?
        }
    };
    let text = fetch(&record.page)?;
    let status: Status =
        serde_json::from_slice(&text).context("the status page answers something else")?;
    if is_json {
        print(&String::from_utf8_lossy(&text))?;
    } else {
        print(&table(&status))?;
    }
    Ok(if status.is_healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fetch(page: &str) -> anyhow::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let asking = http_get::get(page, "/api/status", STATUS_BYTES_MAX);
    // The timer of the deadline belongs to the runtime, so it is made inside.
    let answer = runtime.block_on(async { time::timeout(PATIENCE, asking).await });
    let (status, body) = answer
        .with_context(|| format!("no answer from {page} within {} s", PATIENCE.as_secs()))??;
    anyhow::ensure!(status.is_success(), "{page} answers {status}");
    Ok(body.to_vec())
}

/// Renders columns as wide as their widest cell.
fn table(status: &Status) -> String {
    let head = [
        "NAME", "HEALTH", "URL", "VERSION", "PID", "MEMORY", "UPTIME", "RESTARTS",
    ]
    .map(str::to_owned);
    let rows: Vec<[String; 8]> = std::iter::once(head)
        .chain(status.services.iter().map(row))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..8).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let line = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:width$}"))
            .collect::<Vec<_>>();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    for service in status
        .services
        .iter()
        .filter(|service| !service.detail.is_empty())
    {
        let _ = writeln!(text, "{}: {}", service.name, service.detail);
    }
    let _ = writeln!(text, "\nstatus page  {}", status.supervisor.url);
    text
}

fn row(service: &ServiceStatus) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        service.name.clone(),
        service.health.word().to_owned(),
        service.url.clone(),
        or_dash(service.version.clone()),
        or_dash(service.pid.map(|pid| pid.to_string())),
        or_dash(service.memory_bytes.map(quantity::bytes)),
        or_dash(service.uptime_seconds.map(quantity::seconds)),
        service.restarts.to_string(),
    ]
}

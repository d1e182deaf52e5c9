//! Metrics of this process as Linux tells them. What cannot be read is left out, as upstream leaves it out.
//!
//! Source: prometheus/client_golang v1.23.2 prometheus/process_collector_procfsenabled.go, go_collector.go; procfs v0.20.1.

use std::{fs, path::PathBuf};

use crate::{
    model::Family,
    registry::{Collect, Description},
};

/// Clock ticks per second in the files of the kernel: 100 on every Linux, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

const CPU: Description = Description {
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
};
const OPEN_FDS: Description = Description {
    name: "process_open_fds",
    help: "Number of open file descriptors.",
};
const MAX_FDS: Description = Description {
    name: "process_max_fds",
    help: "Maximum number of open file descriptors.",
};
const VIRTUAL: Description = Description {
    name: "process_virtual_memory_bytes",
    help: "Virtual memory size in bytes.",
};
const VIRTUAL_MAX: Description = Description {
    name: "process_virtual_memory_max_bytes",
    help: "Maximum amount of virtual memory available in bytes.",
};
const RESIDENT: Description = Description {
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
};
const START: Description = Description {
    name: "process_start_time_seconds",
    help: "Start time of the process since unix epoch in seconds.",
};
const RECEIVED: Description = Description {
    name: "process_network_receive_bytes_total",
    help: "Number of bytes received by the process over the network.",
};
const SENT: Description = Description {
    name: "process_network_transmit_bytes_total",
    help: "Number of bytes sent by the process over the network.",
};
const THREADS: Description = Description {
    name: "go_threads",
    help: "Number of OS threads created.",
};

/// Reads the metrics of this process at each collection.
#[derive(Debug)]
pub struct Process {
    proc: PathBuf,
}

impl Default for Process {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
        }
    }
}

impl Process {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.proc.join(path)).ok()
    }

    /// Appends CPU time and start time.
    fn times(&self, families: &mut Vec<Family>) -> Option<()> {
        let stat = self.read("self/stat")?;
        // The name of the program stands in parentheses and may hold anything; fields are counted from behind it, the third first.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        families.push(CPU.counter((ticks(14)? + ticks(15)?) as f64 / TICKS_PER_SECOND));
        let boot = number_after(&self.read("stat")?, "btime ")?;
        families.push(START.gauge(&[], boot as f64 + ticks(22)? as f64 / TICKS_PER_SECOND));
        Some(())
    }

    /// Appends memory and threads.
    fn status(&self, families: &mut Vec<Family>) -> Option<()> {
        let status = self.read("self/status")?;
        for (description, key, unit) in [
            (VIRTUAL, "VmSize:", 1024),
            (RESIDENT, "VmRSS:", 1024),
            (THREADS, "Threads:", 1),
        ] {
            if let Some(number) = number_after(&status, key) {
                families.push(description.gauge(&[], (number * unit) as f64));
            }
        }
        Some(())
    }

    fn descriptors(&self, families: &mut Vec<Family>) -> Option<()> {
        let entries = fs::read_dir(self.proc.join("self/fd")).ok()?.count();
        // Reading the folder holds a descriptor of its own, which upstream counts as well.
        families.push(OPEN_FDS.gauge(&[], entries as f64));
        Some(())
    }

    fn limits(&self, families: &mut Vec<Family>) -> Option<()> {
        let limits = self.read("self/limits")?;
        for (description, key) in [
            (MAX_FDS, "Max open files"),
            (VIRTUAL_MAX, "Max address space"),
        ] {
            let soft = limits
                .lines()
                .find_map(|line| line.strip_prefix(key))?
                .split_ascii_whitespace()
                .next()?;
            // No limit is shown as the largest number there is.
            let limit = if soft == "unlimited" {
                u64::MAX
            } else {
                soft.parse().ok()?
            };
            families.push(description.gauge(&[], limit as f64));
        }
        Some(())
    }

    /// Appends the bytes received and sent, which are those of the network namespace.
    fn network(&self, families: &mut Vec<Family>) -> Option<()> {
        let netstat = self.read("self/net/netstat")?;
        let mut lines = netstat
            .lines()
            .filter_map(|line| line.strip_prefix("IpExt:"));
        let (names, numbers) = (lines.next()?, lines.next()?);
        let number_of = |wanted: &str| {
            let mut pairs = names
                .split_ascii_whitespace()
                .zip(numbers.split_ascii_whitespace());
            pairs.find(|(name, _)| *name == wanted)?.1.parse().ok()
        };
        families.push(RECEIVED.counter(number_of("InOctets").unwrap_or_default()));
        families.push(SENT.counter(number_of("OutOctets").unwrap_or_default()));
        Some(())
    }
}

impl Collect for Process {
    fn collect(&self, families: &mut Vec<Family>) {
        // Each part ends at what it cannot read; the others are shown all the same.
        let parts = [
            Self::times,
            Self::status,
            Self::descriptors,
            Self::limits,
            Self::network,
        ];
        for part in parts {
            let _ = part(self, families);
        }
    }
}

/// Returns the first number behind `key` at the start of a line.
fn number_after(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs};

use super::Process;
use crate::{
    model::{Family, Value},
    registry::Collect,
};

fn collected(process: &Process) -> BTreeMap<String, f64> {
    let mut families = Vec::new();
    process.collect(&mut families);
    let value = |family: &Family| match family.metrics.value(0) {
        Value::Gauge(value) => value,
        Value::Counter(counter) => counter.value,
        other => panic!("{other:?}"),
    };
    families
        .iter()
        .map(|family| {
            (
                String::from_utf8(family.name.to_vec()).unwrap(),
                value(family),
            )
        })
        .collect()
}

#[test]
fn this_process_is_described() {
    let metrics = collected(&Process::default());
    let names: Vec<_> = metrics.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "go_threads",
            "process_cpu_seconds_total",
            "process_max_fds",
            "process_network_receive_bytes_total",
            "process_network_transmit_bytes_total",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_virtual_memory_bytes",
            "process_virtual_memory_max_bytes",
        ]
    );
    assert!(metrics["process_open_fds"] >= 3.0);
    assert!(metrics["process_resident_memory_bytes"] > 100_000.0);
    assert!(metrics["process_start_time_seconds"] > 1.6e9);
}

#[test]
fn files_are_read_as_the_kernel_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let proc = folder.path();
    fs::create_dir_all(proc.join("self/net")).unwrap();
    fs::create_dir_all(proc.join("self/fd")).unwrap();
    fs::write(proc.join("self/fd/0"), "").unwrap();
    let stat = "7 (a) b (c) S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 4 0 250 1000 10 184467";
    fs::write(proc.join("self/stat"), stat).unwrap();
    fs::write(proc.join("stat"), "cpu 1 2 3\nbtime 1700000000\n").unwrap();
    fs::write(
        proc.join("self/status"),
        "Name:\ta\nVmSize:\t    2048 kB\nVmRSS:\t     512 kB\nThreads:\t4\n",
    )
    .unwrap();
    let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                  Max open files            1024                 4096                 files     \n\
                  Max address space         unlimited            unlimited            bytes     \n";
    fs::write(proc.join("self/limits"), limits).unwrap();
    fs::write(
        proc.join("self/net/netstat"),
        "TcpExt: A B\nTcpExt: 1 2\nIpExt: X InOctets OutOctets\nIpExt: 0 10 20\n",
    )
    .unwrap();
    let metrics = collected(&Process { proc: proc.into() });
    let expected = [
        ("go_threads", 4.0),
        ("process_cpu_seconds_total", 2.0),
        ("process_max_fds", 1024.0),
        ("process_network_receive_bytes_total", 10.0),
        ("process_network_transmit_bytes_total", 20.0),
        ("process_open_fds", 1.0),
        ("process_resident_memory_bytes", 524_288.0),
        ("process_start_time_seconds", 1_700_000_002.5),
        ("process_virtual_memory_bytes", 2_097_152.0),
        (
            "process_virtual_memory_max_bytes",
            18_446_744_073_709_551_615.0,
        ),
    ];
    assert_eq!(
        metrics,
        expected
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    );
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        collected(&Process {
            proc: folder.path().into()
        })
        .is_empty()
    );
}

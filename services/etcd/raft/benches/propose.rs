//! Proposals a second in a cluster of one, each applied only once it is on disk: `cargo bench -p etcd-raft --features ring`.
//!
//! The engine is a loop over the writer's reports. What a server does beside that is not in these figures.

#![expect(clippy::print_stdout, reason = "figures for who runs it")]

use std::{
    path::Path,
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use bytes::Bytes;
use etcd_raft::{
    Config, Node, Report, Writer,
    boot::{self, Founder, Identity},
    conf_change,
};
use etcd_wal::Options;

/// As long as a put of an 8 byte key and a 256 byte value.
const PROPOSAL_BYTES: usize = 290;

const RUN: Duration = Duration::from_secs(5);

fn main() {
    println!("outstanding   proposals/s   syncs/s   a round");
    for outstanding in [1, 100, 1000] {
        let folder =
            tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the log");
        run(folder.path(), outstanding);
    }
}

fn run(folder: &Path, outstanding: usize) {
    let founder = Founder {
        id: 1,
        context: Bytes::from_static(b"{}"),
    };
    let identity = Identity {
        member: 1,
        cluster: 2,
    };
    let (node, wal) = boot::create(
        &folder.join("wal"),
        identity,
        &[founder],
        Options::default(),
        Config::default(),
    )
    .expect("a new log");
    let (sender, reports) = channel();
    let report = move |report| {
        // The run is over.
        let _ = sender.send(report);
    };
    let writer = Writer::start(wal, folder.to_owned(), report).expect("a thread");
    let mut engine = Engine {
        node,
        writer,
        applied: 0,
    };
    engine.step();
    engine.node.campaign();
    let started = Instant::now();
    let (mut proposed, mut syncs) = (0, 0);
    let data = Bytes::from(vec![7; PROPOSAL_BYTES]);
    while started.elapsed() < RUN {
        while proposed < engine.applied + outstanding {
            engine.node.propose(data.clone()).expect("it leads");
            proposed += 1;
        }
        engine.step();
        syncs += engine.hear(&reports);
        engine.step();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{outstanding:11}   {:11.0}   {:7.0}   {:7.0}",
        engine.applied as f64 / seconds,
        f64::from(syncs) / seconds,
        engine.applied as f64 / f64::from(syncs),
    );
}

struct Engine {
    node: Node,
    writer: Writer,
    applied: usize,
}

impl Engine {
    fn step(&mut self) {
        while let Some(ready) = self.node.ready() {
            if let Some(persist) = ready.persist {
                self.writer.persist(persist);
            }
            for entry in ready.committed {
                if entry.r#type() == etcd_api::raftpb::EntryType::EntryConfChange {
                    let change = conf_change(&entry).expect("our own change");
                    self.node.apply_conf_change(&change).expect("a first voter");
                } else if entry.data.as_deref().is_some_and(|data| !data.is_empty()) {
                    self.applied += 1;
                }
                self.node.applied(entry.index());
            }
        }
    }

    /// Waits for a report and takes all there are. Returns how often the disk was waited for.
    fn hear(&mut self, reports: &Receiver<Report>) -> u32 {
        let first = reports.recv().expect("the writer goes on");
        let mut syncs = 0;
        for report in std::iter::once(first).chain(reports.try_iter()) {
            match report {
                Report::Persisted(done) => {
                    syncs += u32::from(done.saved.synced.is_some());
                    self.node.persisted(done.number);
                }
                other => panic!("{other:?}"),
            }
        }
        syncs
    }
}

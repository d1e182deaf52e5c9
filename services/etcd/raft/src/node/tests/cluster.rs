//! Three members in one process, on a network that loses, doubles and reorders, with disks that lose what was not synced.

use std::collections::BTreeMap;

use etcd_wal::Contents;

use super::*;

const MEMBERS: [u64; 3] = [1, 2, 3];

/// Draws numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

/// What a member has on disk: its log, and a store that lags behind.
#[derive(Clone, Default)]
struct Disk {
    before: (u64, u64),
    contents: Contents,
    store: Store,
    /// The stores that came with snapshots, by index.
    received: BTreeMap<u64, Store>,
}

#[derive(Clone, Debug, Default)]
struct Store {
    index: u64,
    conf_state: ConfState,
    entries: BTreeMap<u64, Bytes>,
}

struct Server {
    id: u64,
    node: Node,
    disk: Disk,
    queued: VecDeque<Persist>,
    store: Store,
}

fn config() -> Config {
    // Small enough for followers to need snapshots.
    Config {
        catch_up_entries: 40,
        ..Config::default()
    }
}

fn start(id: u64, disk: &Disk) -> Node {
    let identity = Identity {
        member: id,
        cluster: 70,
    };
    let mut contents = disk.contents.clone();
    let state = &mut contents.state;
    state.commit = Some(state.commit().max(disk.store.index));
    let conf_state = disk.store.conf_state.clone();
    boot::start(
        identity,
        disk.before,
        contents,
        conf_state,
        disk.store.index,
        config(),
    )
    .unwrap()
}

impl Disk {
    fn save(&mut self, persist: Persist) {
        if let Some(metadata) = persist.snapshot.and_then(|snapshot| snapshot.metadata) {
            self.before = (metadata.index(), metadata.term());
            self.contents.entries.clear();
        }
        for entry in persist.entries {
            let kept = usize::try_from(entry.index - self.before.0 - 1).unwrap();
            assert!(
                kept <= self.contents.entries.len(),
                "entries follow each other on disk"
            );
            self.contents.entries.truncate(kept);
            self.contents.entries.push(wire::entry_out(entry));
        }
        self.contents.state = persist.state.unwrap_or(self.contents.state);
    }
}

impl Server {
    fn new(id: u64) -> Self {
        let store = Store {
            conf_state: ConfState {
                voters: MEMBERS.to_vec(),
                auto_leave: Some(false),
                ..ConfState::default()
            },
            ..Store::default()
        };
        let disk = Disk {
            store: store.clone(),
            ..Disk::default()
        };
        Self {
            id,
            node: start(id, &disk),
            disk,
            queued: VecDeque::new(),
            store,
        }
    }

    fn crash(&mut self) {
        self.queued.clear();
        if self.disk.store.index < self.disk.before.0 {
            // The log has begun anew behind a snapshot; the file that came with it replaces the store.
            self.disk.store = self.disk.received[&self.disk.before.0].clone();
        }
        self.store = self.disk.store.clone();
        self.node = start(self.id, &self.disk);
    }

    fn write_one(&mut self) {
        if let Some(persist) = self.queued.pop_front() {
            let number = persist.number;
            self.disk.save(persist);
            self.node.persisted(number);
        }
    }
}

struct Cluster {
    servers: Vec<Server>,
    network: Vec<raftpb::Message>,
    /// What any member has applied: the one history there may be.
    history: BTreeMap<u64, (u64, Bytes)>,
    dice: Dice,
    proposed: u64,
    acknowledged: Vec<Bytes>,
    leaders: BTreeMap<u64, u64>,
    snapshots: u64,
    /// Nothing gets through to or from this one.
    cut_off: Option<u64>,
}

impl Cluster {
    fn new(seed: u64) -> Self {
        Self {
            servers: MEMBERS.map(Server::new).into(),
            network: Vec::new(),
            history: BTreeMap::new(),
            dice: Dice(seed | 1),
            proposed: 0,
            acknowledged: Vec::new(),
            leaders: BTreeMap::new(),
            snapshots: 0,
            cut_off: None,
        }
    }

    /// Does what a node says, but for writing.
    fn run(&mut self, at: usize) {
        let server = &mut self.servers[at];
        // The raft crate draws the time to an election from the machine's randomness; ticks are drawn from ours.
        let ticks = 8 + 3 * usize::try_from(server.id).unwrap();
        server.node.raw.raft.set_randomized_election_timeout(ticks);
        while let Some(ready) = server.node.ready() {
            if server.node.is_leader() {
                let leader = self.leaders.entry(server.node.term()).or_insert(server.id);
                assert_eq!(*leader, server.id, "one leader a term");
            }
            self.network.extend(ready.messages);
            if let Some(snapshot) = &ready.snapshot {
                let index = snapshot.metadata.as_ref().unwrap().index();
                server.store = server.disk.received[&index].clone();
                server.node.applied(index);
                self.snapshots += 1;
            }
            for entry in ready.committed {
                let (index, data) = (entry.index(), entry.data.clone().unwrap());
                assert_eq!(index, server.store.index + 1, "applied once, in order");
                let agreed = self
                    .history
                    .entry(index)
                    .or_insert_with(|| (entry.term(), data.clone()));
                assert_eq!(*agreed, (entry.term(), data.clone()), "all apply the same");
                server.store.index = index;
                server.store.entries.insert(index, data.clone());
                server.node.applied(index);
                self.acknowledged.push(data);
            }
            server.queued.extend(ready.persist);
        }
    }

    fn deliver(&mut self, message: raftpb::Message) {
        let at = usize::try_from(message.to() - 1).unwrap();
        let snapshot = message
            .snapshot
            .as_ref()
            .and_then(|snapshot| snapshot.metadata.clone());
        let is_snapshot = snapshot.is_some();
        if let Some(metadata) = snapshot {
            let known = self.history.range(..=metadata.index());
            let entries = known
                .map(|(index, (_, data))| (*index, data.clone()))
                .collect();
            let conf_state = metadata.conf_state.clone().unwrap();
            let received = Store {
                index: metadata.index(),
                conf_state,
                entries,
            };
            self.servers[at]
                .disk
                .received
                .insert(received.index, received);
        }
        let from = usize::try_from(message.from() - 1).unwrap();
        let to = message.to();
        // What is refused, a proposal for one, is lost like much else.
        let _ = self.servers[at].node.step(message);
        self.run(at);
        if is_snapshot {
            self.servers[from].node.report_snapshot(to, true);
            self.run(from);
        }
    }

    /// Who sends a snapshot hears that it was lost, as over a connection.
    fn lose(&mut self, message: &raftpb::Message) {
        if message.snapshot.is_some() {
            let from = usize::try_from(message.from() - 1).unwrap();
            self.servers[from].node.report_snapshot(message.to(), false);
            self.run(from);
        }
    }

    fn step(&mut self) {
        if self.dice.roll(1000) == 0 {
            let member = MEMBERS[self.dice.roll(MEMBERS.len())];
            self.cut_off = self.cut_off.xor(Some(member));
        }
        let at = self.dice.roll(MEMBERS.len());
        match self.dice.roll(100) {
            0..=49 if !self.network.is_empty() => {
                let taken = self.dice.roll(self.network.len());
                let message = self.network.swap_remove(taken);
                let is_cut_off = [message.from, message.to].contains(&self.cut_off);
                match self.dice.roll(20) {
                    _ if self.cut_off.is_some() && is_cut_off => self.lose(&message),
                    0 | 1 => self.lose(&message),
                    2 => {
                        self.network.push(message.clone());
                        self.deliver(message);
                    }
                    _ => self.deliver(message),
                }
            }
            50..=69 => self.servers[at].write_one(),
            70..=79 => self.servers[at].node.tick(),
            80..=97 => {
                let data = bytes(self.proposed);
                self.proposed += u64::from(self.servers[at].node.propose(data).is_ok());
            }
            98 if self.dice.roll(4) == 0 => self.servers[at].crash(),
            _ => self.servers[at].disk.store = self.servers[at].store.clone(),
        }
        self.run(at);
    }

    /// A network and disks that do what they should, until all have applied the same.
    fn heal(&mut self) {
        self.cut_off = None;
        for _ in 0..500 {
            for at in 0..MEMBERS.len() {
                self.servers[at].node.tick();
                self.run(at);
                while !self.servers[at].queued.is_empty() {
                    self.servers[at].write_one();
                    self.run(at);
                }
            }
            for message in std::mem::take(&mut self.network) {
                self.deliver(message);
            }
            let indexes: Vec<_> = self
                .servers
                .iter()
                .map(|server| server.store.index)
                .collect();
            let leader = self.servers.iter().find(|server| server.node.is_leader());
            let is_done =
                leader.is_some_and(|leader| leader.node.status().last_index == indexes[0]);
            if is_done && indexes.iter().all(|index| *index == indexes[0]) {
                return;
            }
        }
        panic!(
            "the members do not agree: {:?}",
            self.servers
                .iter()
                .map(|server| &server.node)
                .collect::<Vec<_>>()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn three_members_come_to_the_same_log_and_lose_nothing(seed: u64) {
        let mut cluster = Cluster::new(seed);
        for _ in 0..6000 {
            cluster.step();
        }
        cluster.heal();
        let log: Vec<_> = cluster.history.values().map(|(_, data)| data.clone()).collect();
        for server in &cluster.servers {
            prop_assert!(server.store.entries.values().eq(&log));
        }
        prop_assert!(cluster.acknowledged.iter().all(|data| log.contains(data)));
    }
}

#[test]
fn elections_commits_and_snapshots_happen_in_these_runs() {
    let mut cluster = Cluster::new(42);
    for _ in 0..20_000 {
        cluster.step();
    }
    cluster.heal();
    assert!(cluster.leaders.len() > 3, "{} terms", cluster.leaders.len());
    assert!(
        cluster.history.len() > 500,
        "{} entries",
        cluster.history.len()
    );
    assert!(cluster.snapshots > 0);
}

#[test]
fn leadership_moves_when_it_is_asked_to() {
    let mut cluster = Cluster::new(1);
    cluster.heal();
    let leader = cluster
        .servers
        .iter()
        .position(|server| server.node.is_leader())
        .unwrap();
    let to = MEMBERS[(leader + 1) % 3];
    cluster.servers[leader].node.transfer_leader(to);
    cluster.run(leader);
    assert!(matches!(
        cluster.servers[leader].node.propose(bytes(1)),
        Err(RaftError::ProposalDropped)
    ));
    let has_moved = (0..10).any(|_| {
        cluster.heal();
        cluster
            .servers
            .iter()
            .all(|server| server.node.leader() == to)
    });
    assert!(has_moved);
}

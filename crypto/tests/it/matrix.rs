//! Our server and our client against other implementations: every combination of peer, version, key and client
//! certificates has the outcome `table` gives it for the linked provider.

mod credentials;
mod ours;
mod peers;
mod table;

use std::{collections::BTreeMap, thread};

use credentials::Credentials;
use peers::Peers;
use table::{Cell, Outcome, Peer, Side};

/// What came of a cell: the body that travelled, or the words of whoever gave up first on our side.
type Result = std::result::Result<String, String>;

#[test]
fn every_cell_of_the_matrix_has_its_outcome() {
    let credentials = Credentials::new();
    let peers = Peer::ALL.map(|peer| {
        let credentials = &credentials;
        move || run_all(peer, credentials)
    });
    let results: Vec<_> = thread::scope(|scope| {
        let threads = peers.map(|run| scope.spawn(run));
        threads
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    let mut counts = BTreeMap::new();
    for (cell, outcome, _) in &results {
        let worked = usize::from(*outcome == Outcome::Works);
        let (cells, works) = counts.entry((cell.side, cell.peer)).or_insert((0, 0));
        (*cells, *works) = (*cells + 1, *works + worked);
    }
    for ((side, peer), (cells, works)) in &counts {
        eprintln!(
            "matrix, {}: {side:?} and {peer:?}: {cells} cells, {works} of them work",
            crypto::provider().name()
        );
    }
    let wrong: Vec<_> = results
        .iter()
        .filter(|(_, outcome, result)| !outcome.is_met_by(result))
        .map(|(cell, outcome, result)| {
            format!("{cell:?}\n  expected: {outcome:?}\n  was: {result:?}")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(results.len(), 80 + 60);
}

/// Runs the cells of one peer, one after the other.
fn run_all(peer: Peer, credentials: &Credentials) -> Vec<(Cell, Outcome, Result)> {
    let mut peers = Peers::new(peer);
    let run = |cell: Cell| {
        let result = match cell.side {
            Side::Server => ours::serve(&cell, credentials, |port| {
                peers.visit(&cell, credentials, port)
            }),
            Side::Client => peers
                .offer(&cell, credentials)
                .and_then(|offered| ours::visit(&cell, credentials, offered.port())),
        };
        (cell, table::expected(&cell), result)
    };
    Cell::all(peer).map(run).collect()
}

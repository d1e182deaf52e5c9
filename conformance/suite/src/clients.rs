//! Real clients, put to ours and to upstream like cases: Python's `prometheus_client`, Go's `client_golang/prometheus/push`
//! and a scraping `prometheus`. Their cases stand in `clients/<service>/`; this file gets the clients ready.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance_harness::case::Case;
use conformance_harness::command;
use conformance_harness::normalize::Values;
use conformance_harness::service::Service;

use crate::{peers, run};

/// Getting the clients ready fetches packages and compiles one program.
const PREPARE_WITHIN: Duration = Duration::from_secs(600);

/// Versions are pinned in the two files named here; both clients are made anew when theirs changes.
const PREPARE: &str = r#"
fresh() { [ -e "$1" ] && cmp -s "$2" "$1.made-from"; }
if ! fresh "${cache}/venv" "${scripts}/requirements.txt"; then
    rm -rf "${cache}/venv"
    python3 -m venv "${cache}/venv"
    "${cache}/venv/bin/pip" install --quiet --requirement "${scripts}/requirements.txt"
    cp "${scripts}/requirements.txt" "${cache}/venv.made-from"
fi
cat "${recipes}/clients-go/go.mod" "${recipes}/clients-go/main.go" > "${cache}/clients-go.sources"
if ! fresh "${cache}/clients-go" "${cache}/clients-go.sources"; then
    cd "${recipes}/clients-go"
    go build -o "${cache}/clients-go" .
    cp "${cache}/clients-go.sources" "${cache}/clients-go.made-from"
fi
"#;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Returns the cases of the clients of a service whose file name or title holds `filter`.
///
/// # Errors
/// The first line of a case file that is not understood.
pub fn cases(service: &Service, filter: &str) -> Result<Vec<Case>, String> {
    run::cases_in(&folder().join(service.name), filter)
}

/// Installs and builds the clients into the cache; returns `${python}`, `${go_client}` and `${scripts}` for their cases.
///
/// # Errors
/// What the installing commands said.
pub fn prepare() -> Result<Values, String> {
    let cache = peers::cache().join("clients");
    std::fs::create_dir_all(&cache)
        .map_err(|error| format!("make {}: {error}", cache.display()))?;
    let cache =
        std::fs::canonicalize(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let text = |path: PathBuf| path.display().to_string();
    let variables = [
        ("cache", text(cache.clone())),
        ("scripts", text(folder())),
        ("recipes", text(peers::recipes())),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let finished = command::shell(PREPARE, &cache, &variables, PREPARE_WITHIN)?;
    if finished.code != 0 {
        return Err(format!(
            "get the clients ready: {}",
            String::from_utf8_lossy(&finished.stderr)
        ));
    }
    Ok(Values::from([
        ("python".to_owned(), text(cache.join("venv/bin/python"))),
        ("go_client".to_owned(), text(cache.join("clients-go"))),
        ("scripts".to_owned(), text(folder())),
    ]))
}

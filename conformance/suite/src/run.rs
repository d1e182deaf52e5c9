//! Puts all cases of a service to the programs, several at a time: upstream first, and only a case that upstream itself
//! passes judges ours.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance_harness::case::{Case, parse_folder};
use conformance_harness::command;
use conformance_harness::execute::{self, Program};
use conformance_harness::normalize::Values;
use conformance_harness::report::{Report, Verdict};
use conformance_harness::service::Service;

use crate::fixtures;

/// How long the command of an `only if:` may take.
const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// Who is asked.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    /// The program that is judged.
    pub ours: Option<Program>,
    /// The program each case is proven on.
    pub upstream: Option<Program>,
}

/// Returns the folder of a service's cases.
#[must_use]
pub fn folder(service: &Service) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("cases")
        .join(service.name)
}

/// Returns the cases whose file name or title holds `filter`.
///
/// # Errors
/// The first line of a case file that is not understood.
pub fn cases(service: &Service, filter: &str) -> Result<Vec<Case>, String> {
    cases_in(&folder(service), filter)
}

/// Returns the cases of a folder whose file name or title holds `filter`.
///
/// # Errors
/// The first line of a case file that is not understood.
pub fn cases_in(folder: &Path, filter: &str) -> Result<Vec<Case>, String> {
    let mut cases = parse_folder(folder).map_err(|error| error.to_string())?;
    cases.retain(|case| {
        let file = case.file.file_name().unwrap_or_default().to_string_lossy();
        case.title.contains(filter) || file.contains(filter)
    });
    Ok(cases)
}

/// Runs the cases, `jobs` at a time; the report is in the order of the cases. `given` are `${name}`s beside `${fixtures}`.
///
/// # Errors
/// When the fixtures cannot be made.
pub fn run(
    service: &Service,
    cases: &[Case],
    sides: &Sides,
    mut given: Values,
    jobs: usize,
) -> Result<Report, String> {
    let fixtures = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
    fixtures::make(fixtures.path())?;
    given.insert("fixtures".to_owned(), fixtures.path().display().to_string());
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else { return };
            let verdict = judge(service, case, sides, &given);
            let mut verdicts = verdicts
                .lock()
                .expect("no verdict panics while it is added");
            verdicts.push((index, verdict));
        }
    };
    std::thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    let mut verdicts = verdicts.into_inner().expect("all threads have ended");
    verdicts.sort_by_key(|(index, _)| *index);
    let mut report = Report::default();
    for (index, verdict) in verdicts {
        report.add(&cases[index], verdict);
    }
    Ok(report)
}

fn judge(service: &Service, case: &Case, sides: &Sides, given: &Values) -> Verdict {
    let (ours, upstream) = (sides.ours.as_ref(), sides.upstream.as_ref());
    if case.marks.needs_both && (ours.is_none() || upstream.is_none()) {
        return Verdict::Skipped("it needs both programs".to_owned());
    }
    if case
        .marks
        .only_if
        .as_ref()
        .is_some_and(|script| !can(script))
    {
        return Verdict::Skipped("this machine cannot run it".to_owned());
    }
    let asked = upstream.filter(|program| is_for(case, program));
    // Upstream loses a race of its own now and then (a signal before its handler, an answer cut by its own end); it is
    // asked a second time before the case is called wrong. Ours is asked once.
    let prove = |program| execute::run(service, case, program, ours, given);
    if let Some(upstream) = asked
        && let Err(failure) = prove(upstream).or_else(|_| prove(upstream))
    {
        return Verdict::Untrusted(failure);
    }
    match ours {
        Some(program) => match execute::run(service, case, program, upstream, given) {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed(failure),
        },
        None if asked.is_some() => Verdict::Passed,
        None => Verdict::Skipped("it is not for this upstream".to_owned()),
    }
}

fn can(script: &str) -> bool {
    let looked = command::shell(script, Path::new("/"), &[], LOOK_WITHIN);
    looked.is_ok_and(|finished| finished.code == 0)
}

/// Returns whether a case can be put to an upstream of this version.
fn is_for(case: &Case, upstream: &Program) -> bool {
    let marks = &case.marks;
    marks.only_ours.is_none()
        && marks
            .since
            .as_ref()
            .is_none_or(|since| *since <= upstream.version)
}

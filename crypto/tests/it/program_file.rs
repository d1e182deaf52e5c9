//! What the files of programs hold: the static report, and in a fips build a module that notices damage.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use object::{Object as _, ObjectSection as _};

/// A program of `examples/`, which cargo builds beside the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let folder = env::current_exe().unwrap();
    let path = folder
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        path.is_file(),
        "no {}: cargo builds examples unless a test name is given",
        path.display()
    );
    path
}

fn copy(program: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("copy");
    fs::copy(program, &copy).unwrap();
    copy
}

fn note(program: &Path) -> Option<String> {
    let bytes = fs::read(program).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let section = file.section_by_name(".note.casemate.crypto")?;
    Some(String::from_utf8_lossy(section.data().unwrap()).into_owned())
}

#[test]
fn every_program_that_links_crypto_carries_the_report_even_stripped() {
    let folder = tempfile::tempdir().unwrap();
    let program = copy(&example("links_only"), folder.path());
    let before = note(&program).expect("a section of the report");
    assert!(
        before.contains(&format!("\"provider\":\"{}\"", crypto::provider().name())),
        "{before}"
    );
    assert!(
        Command::new("strip")
            .arg(&program)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(note(&program), Some(before));
}

#[test]
fn a_program_reports_the_module_it_carries() {
    let output = Command::new(example("crypto_report")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let (line, json) = text.split_once('\n').unwrap();
    assert!(line.starts_with("crypto provider="), "{line}");
    let report: serde_json::Value = serde_json::from_str(json).unwrap();
    let carried = note(&example("crypto_report")).unwrap();
    assert!(
        carried.contains(report["module"]["version"].as_str().unwrap()),
        "{carried}"
    );
}

/// One flipped byte in the module's code ends the program before `main`.
#[cfg(feature = "fips")]
#[test]
fn a_damaged_module_ends_the_program_before_main() {
    use std::os::unix::process::ExitStatusExt as _;

    use object::ObjectSymbol as _;

    let folder = tempfile::tempdir().unwrap();
    let program = copy(&example("crypto_report"), folder.path());
    let mut bytes = fs::read(&program).unwrap();
    let at = {
        let file = object::File::parse(&*bytes).unwrap();
        let symbol = file
            .symbols()
            .find(|symbol| symbol.name() == Ok("BORINGSSL_bcm_text_start"))
            .unwrap();
        let text = file.sections().find(|section| {
            (section.address()..section.address() + section.size()).contains(&symbol.address())
        });
        let text = text.unwrap();
        let offset = text.file_range().unwrap().0 + (symbol.address() - text.address());
        usize::try_from(offset).unwrap() + 4096
    };
    bytes[at] ^= 1;
    fs::write(&program, bytes).unwrap();
    let output = Command::new(&program).output().unwrap();
    assert_eq!(output.status.signal(), Some(6), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn a_new_key_whose_halves_do_not_fit_ends_the_process() {
    use std::os::unix::process::ExitStatusExt as _;

    let output = Command::new(example("broken_pair")).output().unwrap();
    assert_eq!(output.status.signal(), Some(6), "SIGABRT");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.starts_with("crypto policy POL-013 (")
            && text.contains("a new key does not verify what it signs"),
        "{text}"
    );
}

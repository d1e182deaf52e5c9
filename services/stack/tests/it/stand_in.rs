//! A service that does what a test wants. It is this test binary once more: the script that stands for the program
//! runs the one ignored test below, which serves until it is ended.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use kit_cli::{EnvSource, ProcessEnv};

/// The version every stand-in tells.
pub(crate) const VERSION: &str = "9.8.7";

/// Writes a program for a service. What it does at its next start is said by the file `mode` beside it: `serve`,
/// `crash`, `unready`, or `stubborn` (ignores SIGTERM).
pub(crate) fn install(bin_dir: &Path, name: &str) {
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\n\
         [ \"$1\" = --version ] && {{ echo '{name}, version {VERSION} (branch: , revision: )'; exit 0; }}\n\
         export STAND_IN_ARGUMENTS=\"$*\" STAND_IN_STATUS=200\n\
         case \"$(cat '{bin}/mode')\" in\n\
         crash) echo 'it is too hot here' >&2; exit 3;;\n\
         unready) STAND_IN_STATUS=503;;\n\
         stubborn) trap '' TERM;;\n\
         esac\n\
         exec '{this}' --exact stand_in::stands_in_for_a_service --ignored --nocapture\n",
        bin = bin_dir.display(),
        this = this.display(),
    );
    let program = bin_dir.join(name);
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[ignore = "not a test: the other tests run it as a process"]
fn stands_in_for_a_service() {
    let arguments = ProcessEnv
        .get("STAND_IN_ARGUMENTS")
        .expect("only the script runs this");
    let status = ProcessEnv
        .get("STAND_IN_STATUS")
        .expect("only the script runs this");
    let address = arguments
        .split(' ')
        .find_map(|word| word.strip_prefix("--web.listen-address="))
        .unwrap();
    if let Some(path) = ProcessEnv.get("CRYPTO_REPORT") {
        let report =
            r#"{"provider":"stand-in","mode":"standard","module":{"name":"none","status":"none"}}"#;
        fs::write(path, report).unwrap();
    }
    let listener = kit_guard::bind::tcp_address(address, "--web.listen-address").unwrap();
    listener.set_nonblocking(false).unwrap();
    eprintln!("listening on {address}");
    loop {
        let (mut connection, _) = listener.accept().unwrap();
        let mut head = BufReader::new(connection.try_clone().unwrap())
            .lines()
            .map_while(Result::ok);
        let asked = head.next().unwrap_or_default();
        head.take_while(|line| !line.is_empty()).for_each(drop);
        if !asked.contains("/-/ready") {
            eprintln!("asked for {asked}");
        }
        let answer =
            format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK");
        let _ = connection.write_all(answer.as_bytes());
    }
}

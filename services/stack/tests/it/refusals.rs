//! What is refused before anything is started.

use crate::workbench::{Workbench, told};

#[test]
fn a_taken_port_is_named_with_its_holder() {
    let bench = Workbench::new();
    let taken = kit_guard::bind::tcp_address(&bench.address, "test").unwrap();
    let page = kit_guard::bind::tcp("127.0.0.1", 0, "test").unwrap();
    let page_flag = format!("--listen={}", page.local_addr().unwrap());
    let mut up = bench.command(&["up", &page_flag]);
    up.arg(format!("--bin-dir={}", bench.bin_dir().display()));
    up.args(&bench.services);
    let (code, out, err) = told(&up.output().unwrap());
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let holder = format!("pid {}", std::process::id());
    for (who, listener) in [("pushgateway", &taken), ("the status page", &page)] {
        let port = format!("{who} cannot have {}", listener.local_addr().unwrap());
        let line = err
            .lines()
            .find(|line| line.contains(&port))
            .unwrap_or_else(|| panic!("{port} not in {err}"));
        assert!(
            line.contains("address already in use") && line.contains(&holder),
            "{line}"
        );
    }
    assert!(
        !bench.data_dir().join("logs/pushgateway.log").exists(),
        "nothing was started"
    );
}

#[test]
fn a_missing_program_is_named() {
    let bench = Workbench::new();
    std::fs::remove_file(bench.bin_dir().join("pushgateway")).unwrap();
    let (code, _, err) = told(&bench.up(&["--detach"]).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(
        err.contains("missing programs: ") && err.contains("bin/pushgateway (see --bin-dir)"),
        "{err}"
    );
}

#[test]
fn a_confinement_meant_for_a_service_is_refused_and_not_ignored() {
    let bench = Workbench::new();
    for (name, value) in [
        ("GUARD_SANDBOX", "all"),
        ("GUARD_DROP", "strict"),
        ("GUARD_USER", "65532"),
    ] {
        let (code, out, err) = told(&bench.command(&["up"]).env(name, value).output().unwrap());
        assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
        let text =
            format!("{name} is not available in this program, which starts others: unset {name}");
        assert!(err.contains(&text), "{err}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    let bench = Workbench::new();
    for words in [
        &["fly"][..],
        &["logs", "nobody"],
        &["up", "--service-address=x"],
        &["up", "--only=nobody"],
        &["logs"],
    ] {
        let (code, out, err) = told(&bench.run(words));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}: {err}");
    }
    let (code, out, err) = told(&bench.run(&["--help"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("status") && out.contains("logs"), "{out}");
}

#[test]
fn commands_on_a_folder_that_is_not_there_create_nothing() {
    let bench = Workbench::new();
    assert_eq!(told(&bench.run(&["status"])).0, Some(1));
    assert_eq!(told(&bench.run(&["down"])).0, Some(0));
    assert_eq!(told(&bench.run(&["logs", "pushgateway"])).0, Some(1));
    assert!(!bench.data_dir().exists());
}

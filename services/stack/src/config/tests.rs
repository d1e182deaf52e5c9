use kit_cli::MapEnv;

use super::*;

fn read(words: &[&str], env: &MapEnv) -> Result<Config, ConfigError> {
    let argv = std::iter::once("stack").chain(words.iter().copied());
    Config::read(&flags::command().try_get_matches_from(argv).unwrap(), env)
}

#[track_caller]
fn up(words: &[&str], env: &MapEnv) -> UpConfig {
    match read(words, env).unwrap() {
        Config::Up(config) => config,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(words: &[&str], text: &str) {
    assert_eq!(
        read(words, &MapEnv::default()).unwrap_err().to_string(),
        text
    );
}

#[test]
fn the_defaults_are_those_of_the_tables() {
    let config = up(&["up"], &MapEnv::default());
    assert_eq!(config.listen, "127.0.0.1:9000");
    assert!(config.data_dir.path().is_absolute());
    assert!(config.data_dir.path().ends_with("casemate-data"));
    assert_eq!(config.attachment, Attachment::Foreground);
    assert!(config.addresses.is_empty() && config.bin_dir.is_none());
}

#[test]
fn a_flag_wins_over_its_variable_and_the_variable_over_the_default() {
    let env = MapEnv::from([("STACK_LISTEN", "127.0.0.1:1"), ("STACK_DATA_DIR", "/env")]);
    let config = up(&["up", "--listen", "127.0.0.1:2"], &env);
    assert_eq!(
        (config.listen.as_str(), config.data_dir.path()),
        ("127.0.0.1:2", Path::new("/env"))
    );
}

#[test]
fn an_empty_variable_is_no_variable() {
    assert_eq!(
        up(&["up"], &MapEnv::from([("STACK_LISTEN", "")])).listen,
        "127.0.0.1:9000"
    );
}

#[test]
fn addresses_of_services_come_from_repeated_flags_or_a_list_in_the_variable() {
    let wanted = vec![("pushgateway", "127.0.0.1:1".to_owned())];
    assert_eq!(
        up(
            &["up", "--service-address=pushgateway=127.0.0.1:1"],
            &MapEnv::default()
        )
        .addresses,
        wanted
    );
    let env = MapEnv::from([(
        "STACK_SERVICE_ADDRESS",
        "pushgateway=127.0.0.1:1, pushgateway=127.0.0.1:2",
    )]);
    assert_eq!(up(&["up"], &env).addresses.len(), 2);
}

#[test]
fn wrong_addresses_and_names_are_refused_with_what_was_written() {
    refused(
        &["up", "--service-address=127.0.0.1:1"],
        "--service-address: \"127.0.0.1:1\" is not NAME=HOST:PORT",
    );
    refused(
        &["up", "--service-address=pushgateway=1"],
        "--service-address: \"pushgateway=1\" is not NAME=HOST:PORT",
    );
    refused(
        &["up", "--service-address=x=:1"],
        "no service \"x\", want one of pushgateway, etcd",
    );
    refused(
        &["logs", "../../etc/passwd"],
        "no service \"../../etc/passwd\", want one of pushgateway, etcd",
    );
}

#[test]
fn the_process_that_stays_is_started_with_the_same_configuration() {
    let env = MapEnv::from([
        ("STACK_LISTEN", "127.0.0.1:1"),
        ("STACK_BIN_DIR", "/opt/bin"),
    ]);
    let config = up(
        &[
            "up",
            "--detach",
            "--data-dir=/d",
            "--only=etcd",
            "--service-address=pushgateway=:2",
        ],
        &env,
    );
    let words = config.detached_arguments();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let again = up(&words, &MapEnv::default());
    assert_eq!(again.attachment, Attachment::Detached);
    assert_eq!(
        (&again.listen, &again.addresses, &again.only),
        (&config.listen, &config.addresses, &config.only)
    );
    assert_eq!(
        (again.data_dir.path(), &again.bin_dir),
        (config.data_dir.path(), &config.bin_dir)
    );
}

#[test]
fn services_get_the_known_variables_and_no_others() {
    let env = MapEnv::from([
        ("PATH", "/bin"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("CRYPTO_REQUIRE_FIPS", "1"),
    ]);
    let environment = up(&["up"], &env).environment;
    let names: Vec<&str> = environment.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["PATH", "CRYPTO_REQUIRE_FIPS"]);
}

#[test]
fn logs_are_found_by_the_name_of_the_service_or_of_the_supervisor() {
    for name in ["pushgateway", "stack"] {
        let Config::Logs {
            path,
            lines,
            is_following,
        } = read(
            &["logs", name, "-f", "-n", "3", "--data-dir=/d"],
            &MapEnv::default(),
        )
        .unwrap()
        else {
            panic!("not logs")
        };
        assert_eq!(
            (path, lines, is_following),
            (format!("/d/logs/{name}.log").into(), 3, true)
        );
    }
}

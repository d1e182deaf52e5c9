use super::*;

fn read(name: &'static str, value: &'static str) -> Result<Settings, SettingError> {
    Settings::read(&|asked| (asked == name).then(|| value.to_owned()))
}

#[track_caller]
fn refused(name: &'static str, value: &'static str, text: &str) {
    assert_eq!(read(name, value).unwrap_err().to_string(), text);
}

#[test]
fn unset_and_empty_mean_the_default() {
    assert_eq!(Settings::read(&|_| None).unwrap(), Settings::default());
    assert_eq!(
        Settings::read(&|_| Some(String::new())).unwrap(),
        Settings::default()
    );
}

#[test]
fn every_documented_value_is_honoured() {
    assert_eq!(read("GUARD_PORTS", "deny").unwrap().ports, PortMode::Deny);
    assert_eq!(read("GUARD_ROOT", "warn").unwrap().root, RootMode::Warn);
    assert_eq!(
        read("GUARD_REPORT", "stderr").unwrap().report,
        Some(ReportTarget::Stderr)
    );
    assert_eq!(
        read("GUARD_REPORT", "/r.json").unwrap().report,
        Some(ReportTarget::File("/r.json".into()))
    );
    assert!(read("GUARD_LISTEN_ANYPID", "1").unwrap().listen_any_pid);
    assert!(read("GUARD_LISTEN_MAP", "1").unwrap().listen_map);
    assert_eq!(read("GUARD_DROP", "off").unwrap().drop, DropMode::Off);
    let landlock = Sandbox {
        landlock: true,
        seccomp: false,
    };
    assert_eq!(read("GUARD_SANDBOX", "landlock").unwrap().sandbox, landlock);
    for (name, value) in [
        ("GUARD_DROP", "auto"),
        ("GUARD_SANDBOX", "off"),
        ("GUARD_LISTEN_MAP", "0"),
    ] {
        assert_eq!(
            read(name, value).unwrap(),
            Settings::default(),
            "{name}={value}"
        );
    }
}

#[test]
fn an_unknown_value_is_refused_with_the_known_ones() {
    refused(
        "GUARD_PORTS",
        "loud",
        "GUARD_PORTS: unknown value \"loud\", want explain, warn, deny or off",
    );
    refused(
        "GUARD_LISTEN_ANYPID",
        "yes",
        "GUARD_LISTEN_ANYPID: unknown value \"yes\", want 0 or 1",
    );
}

#[test]
fn strict_takes_every_sandbox_unless_told_otherwise() {
    let strict = read("GUARD_DROP", "strict").unwrap();
    assert_eq!(
        (strict.drop, strict.sandbox),
        (DropMode::Strict, Sandbox::ALL)
    );
    let both = |name: &str| match name {
        "GUARD_DROP" => Some("strict".to_owned()),
        "GUARD_SANDBOX" => Some("off".to_owned()),
        _ => None,
    };
    assert_eq!(Settings::read(&both).unwrap().sandbox, Sandbox::OFF);
}

#[test]
fn a_user_is_two_numbers_and_never_root() {
    let user = |text| read("GUARD_USER", text).map(|settings| settings.user.unwrap());
    assert_eq!(
        user("65532").unwrap(),
        User {
            uid: 65_532,
            gid: 65_532
        }
    );
    assert_eq!(
        user("1000:0100").unwrap(),
        User {
            uid: 1000,
            gid: 100
        }
    );
    for wrong in [
        "0",
        "1000:0",
        "0:1000",
        "nobody",
        "1000:",
        ":1",
        "1:2:3",
        "-1",
        "4294967295",
    ] {
        let known = "want uid or uid:gid in numbers from 1, such as 65532:65532";
        let text = format!("GUARD_USER: unknown value {wrong:?}, {known}");
        assert_eq!(user(wrong).unwrap_err().to_string(), text);
    }
}

#[test]
fn whom_to_become_contradicts_giving_nothing_up() {
    let both = |name: &str| match name {
        "GUARD_DROP" => Some("off".to_owned()),
        "GUARD_USER" => Some("1000".to_owned()),
        _ => None,
    };
    let text = "GUARD_USER=1000 cannot be honoured with GUARD_DROP=off: unset one of them";
    assert_eq!(Settings::read(&both).unwrap_err().to_string(), text);
}

#[test]
fn what_only_a_confined_program_can_honour_is_named() {
    let named = |name, value| read(name, value).unwrap().confinement();
    assert_eq!(named("GUARD_DROP", "strict"), Some("GUARD_DROP"));
    assert_eq!(named("GUARD_USER", "1000"), Some("GUARD_USER"));
    assert_eq!(named("GUARD_SANDBOX", "seccomp"), Some("GUARD_SANDBOX"));
    assert_eq!(named("GUARD_SANDBOX", "off"), None);
    assert_eq!(named("GUARD_DROP", "auto"), None);
}

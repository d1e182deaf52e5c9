use proptest::prelude::*;

use super::*;

const OWN_PID: u32 = 42;

fn offer(
    variables: &'static [(&str, &str)],
    any_pid: bool,
) -> Result<Vec<Option<String>>, Finding> {
    let lookup = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    offered(&lookup, OWN_PID, any_pid)
}

#[track_caller]
fn accepted(variables: &'static [(&str, &str)], expected: &[Option<&str>]) {
    let names = offer(variables, false).unwrap();
    let names: Vec<Option<&str>> = names.iter().map(Option::as_deref).collect();
    assert_eq!(names, expected);
}

#[track_caller]
fn refused(variables: &'static [(&str, &str)], words: &str) {
    let finding = offer(variables, false).unwrap_err();
    assert_eq!(finding.id, "GRD-S01");
    assert!(finding.message.contains(words), "{}", finding.message);
}

#[test]
fn descriptors_carry_their_names_as_far_as_they_were_given() {
    accepted(&[("LISTEN_PID", "42"), ("LISTEN_FDS", "0")], &[]);
    accepted(&[("LISTEN_PID", "42"), ("LISTEN_FDS", "1")], &[None]);
    accepted(
        &[
            ("LISTEN_PID", "42"),
            ("LISTEN_FDS", "3"),
            ("LISTEN_FDNAMES", "web::"),
        ],
        &[Some("web"), None, None],
    );
    accepted(
        &[
            ("LISTEN_PID", "42"),
            ("LISTEN_FDS", "1"),
            ("LISTEN_FDNAMES", "a:b:c"),
        ],
        &[Some("a")],
    );
}

#[test]
fn sockets_for_another_process_are_left_alone() {
    refused(
        &[("LISTEN_PID", "41"), ("LISTEN_FDS", "1")],
        "LISTEN_PID is \"41\" and this process is 42",
    );
    refused(
        &[("LISTEN_PID", "x"), ("LISTEN_FDS", "1")],
        "LISTEN_PID is \"x\"",
    );
    refused(&[("LISTEN_FDS", "1")], "LISTEN_PID is not set");
}

#[test]
fn a_wrapper_may_keep_or_lose_the_pid_when_the_user_says_so() {
    assert_eq!(offer(&[("LISTEN_FDS", "1")], true).unwrap().len(), 1);
    assert_eq!(
        offer(&[("LISTEN_PID", "41"), ("LISTEN_FDS", "2")], true)
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_count_that_is_no_small_number_is_refused() {
    refused(&[("LISTEN_PID", "42")], "LISTEN_FDS is \"\"");
    refused(
        &[("LISTEN_PID", "42"), ("LISTEN_FDS", "-1")],
        "LISTEN_FDS is \"-1\"",
    );
    refused(
        &[("LISTEN_PID", "42"), ("LISTEN_FDS", "1000000000")],
        "not a number up to 256",
    );
}

proptest! {
    #[test]
    fn any_environment_is_read_without_panic_and_within_bounds(pid: String, fds: String, names: String) {
        let lookup = |name: &str| match name {
            "LISTEN_PID" => Some(pid.clone()),
            "LISTEN_FDS" => Some(fds.clone()),
            _ => Some(names.clone()),
        };
        if let Ok(names) = offered(&lookup, OWN_PID, true) {
            prop_assert!(names.len() <= DESCRIPTORS_MAX);
        }
    }
}

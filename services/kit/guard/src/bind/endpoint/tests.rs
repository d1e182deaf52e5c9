use proptest::prelude::*;

use super::*;

/// The texts are those of a Go 1.26 program calling `net.Listen("tcp", address)`.
#[track_caller]
fn refused(address: &str, text: &str) {
    assert_eq!(
        Endpoint::parse(address).unwrap_err().to_string(),
        text,
        "{address:?}"
    );
}

#[track_caller]
fn accepted(address: &str, shown: &str, first: &str) {
    let endpoint = Endpoint::parse(address).unwrap();
    assert_eq!(endpoint.shown(), shown, "{address:?}");
    assert_eq!(endpoint.candidates()[0].to_string(), first, "{address:?}");
}

#[test]
fn malformed_addresses_are_refused_in_gos_words() {
    refused("foo", "listen tcp: address foo: missing port in address");
    refused(
        "[::1]",
        "listen tcp: address [::1]: missing port in address",
    );
    refused(
        "::1:80",
        "listen tcp: address ::1:80: too many colons in address",
    );
    refused(
        "foo:bar:80",
        "listen tcp: address foo:bar:80: too many colons in address",
    );
    refused("[::1", "listen tcp: address [::1: missing ']' in address");
    refused(
        "[foo:80",
        "listen tcp: address [foo:80: missing ']' in address",
    );
    refused(
        "a]b:80",
        "listen tcp: address a]b:80: unexpected ']' in address",
    );
    refused(
        "[a]b:80",
        "listen tcp: address [a]b:80: missing port in address",
    );
    refused(
        "[[::1]]:80",
        "listen tcp: address [[::1]]:80: missing port in address",
    );
    refused(
        "[::1]:80:90",
        "listen tcp: address [::1]:80:90: too many colons in address",
    );
    refused(
        "a[b:80",
        "listen tcp: address a[b:80: unexpected '[' in address",
    );
    refused("[", "listen tcp: address [: missing port in address");
}

#[test]
fn ports_out_of_range_and_unknown_port_names_are_refused_in_gos_words() {
    refused(":99999", "listen tcp: address 99999: invalid port");
    refused(":65536", "listen tcp: address 65536: invalid port");
    refused(":-1", "listen tcp: address -1: invalid port");
    refused(
        "127.0.0.1:99999999999999999999",
        "listen tcp: address 99999999999999999999: invalid port",
    );
    refused(":nosuch", "listen tcp: lookup tcp/nosuch: unknown port");
    refused("127.0.0.1:8 0", "listen tcp: lookup tcp/8 0: unknown port");
    refused(":0x50", "listen tcp: lookup tcp/0x50: unknown port");
    refused(":8o", "listen tcp: lookup tcp/8o: unknown port");
}

#[test]
fn what_cannot_be_a_host_is_refused_without_asking_the_resolver() {
    for host in [
        "1.2.3",
        "a..b",
        "-",
        " ",
        "999.1.1.1",
        "x y",
        "0127.0.0.1",
        "127.0.0.1%lo",
        "\u{e9}",
    ] {
        refused(
            &format!("{host}:80"),
            &format!("listen tcp: lookup {host}: no such host"),
        );
    }
    refused("[::1%]:0", "listen tcp: lookup ::1%: no such host");
}

#[test]
fn an_address_without_a_host_is_every_address_of_both_families() {
    accepted(":9091", ":9091", "[::]:9091");
    accepted("", ":0", "[::]:0");
    accepted(":", ":0", "[::]:0");
    accepted("0.0.0.0:80", "0.0.0.0:80", "[::]:80");
    accepted("[::]:80", "0.0.0.0:80", "[::]:80");
    assert_eq!(
        Endpoint::parse(":80").unwrap().candidates()[1].to_string(),
        "0.0.0.0:80"
    );
}

#[test]
fn literal_addresses_are_bound_as_written() {
    accepted("127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80");
    accepted("[::1]:80", "[::1]:80", "[::1]:80");
    accepted("[::ffff:127.0.0.1]:80", "127.0.0.1:80", "127.0.0.1:80");
    accepted("[fe80::1%lo]:80", "[fe80::1%lo]:80", "[fe80::1%1]:80");
    accepted("[fe80::1%7]:80", "[fe80::1%7]:80", "[fe80::1%7]:80");
}

#[test]
fn names_of_hosts_and_ports_are_resolved() {
    accepted("localhost:http", "127.0.0.1:80", "127.0.0.1:80");
    accepted("LOCALHOST:+8080", "127.0.0.1:8080", "127.0.0.1:8080");
    accepted(":HTTPS", ":443", "[::]:443");
    accepted(":00080", ":80", "[::]:80");
}

#[test]
fn domain_names_are_judged_as_go_does() {
    for name in [".", "a", "a.", "a-b.c_d", "1a", "x.1"] {
        assert!(is_domain_name(name), "{name}");
    }
    let long_label = "a".repeat(64);
    for name in [
        "",
        "..",
        "a..b",
        "-a",
        "a-.b",
        "1.2",
        "a b",
        "a.-b",
        &long_label,
        &"a.".repeat(128),
    ] {
        assert!(!is_domain_name(name), "{name}");
    }
}

proptest! {
    #[test]
    fn splitting_never_panics_and_loses_nothing(text in "[a-z0-9:%.\\[\\]é-]{0,24}") {
        if let Ok((host, port)) = split_host_port(&text) {
            let joined = [format!("{host}:{port}"), format!("[{host}]:{port}")];
            prop_assert!(joined.contains(&text));
        }
    }

    #[test]
    fn every_port_number_is_itself(port: u16) {
        let endpoint = Endpoint::parse(&format!("127.0.0.1:{port}")).unwrap();
        prop_assert_eq!(endpoint.port, port);
    }
}

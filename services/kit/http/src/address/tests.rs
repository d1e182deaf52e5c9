use proptest::prelude::*;

use super::Address;

#[track_caller]
fn check(text: &str, expected: Result<u32, &str>) {
    let read = Address::parse(text).map_err(|error| error.to_string());
    let expected = expected.map(Address::Vsock).map_err(str::to_owned);
    assert_eq!(read, expected, "{text}");
}

#[test]
fn vsock_ports_are_read_and_the_rest_of_the_url_means_nothing() {
    check("vsock://:9091", Ok(9091));
    check("vsock://3:9091", Ok(9091));
    check("vsock://:90/path", Ok(90));
    check("vsock://u:p@:1?x", Ok(1));
    check("vsock://[::1]:5", Ok(5));
}

/// Every text is what Go's `url.Parse`, `net.SplitHostPort` and `strconv.ParseUint` print for the same input.
#[test]
fn malformed_vsock_addresses_have_gos_texts() {
    check("vsock://9091", Err("address 9091: missing port in address"));
    check("vsock://", Err("missing port in address"));
    check(
        "vsock://:",
        Err(r#"strconv.ParseUint: parsing "": invalid syntax"#),
    );
    check(
        "vsock://:abc",
        Err(r#"parse "vsock://:abc": invalid port ":abc" after host"#),
    );
    check(
        "vsock://:-1",
        Err(r#"parse "vsock://:-1": invalid port ":-1" after host"#),
    );
    check(
        "vsock://:99999999999",
        Err(r#"strconv.ParseUint: parsing "99999999999": value out of range"#),
    );
    check(
        "vsock://[::1",
        Err(r#"parse "vsock://[::1": missing ']' in host"#),
    );
    check(
        "vsock://a b:1",
        Err(r#"parse "vsock://a b:1": invalid character " " in host name"#),
    );
    check(
        "vsock://::1",
        Err("address ::1: too many colons in address"),
    );
}

#[test]
fn everything_else_is_left_to_the_guard_as_written() {
    for text in [":9091", "[::1]:9091", "localhost:http", "", "nonsense"] {
        assert_eq!(Address::parse(text), Ok(Address::Tcp(text.to_owned())));
    }
}

proptest! {
    #[test]
    fn every_port_is_read_back(port: u32) {
        prop_assert_eq!(Address::parse(&format!("vsock://:{port}")), Ok(Address::Vsock(port)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(rest in ".*") {
        let _ = Address::parse(&format!("vsock://{rest}"));
        let _ = Address::parse(&rest);
    }
}

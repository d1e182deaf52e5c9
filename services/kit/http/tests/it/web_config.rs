//! The web configuration at work: users, headers, rate limit, and edits while the server runs.

use std::{fs, path::Path};

use kit_http::{Limits, ServeError};
use tempfile::TempDir;

use crate::client::{Running, serve};

/// bcrypt of `fakepassword`.
const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/// `Basic` of `alice:fakepassword`.
const ALICE: &str = "Authorization: Basic YWxpY2U6ZmFrZXBhc3N3b3Jk\r\n";

/// PBKDF2 of `correct horse battery`, long enough for a fips build.
const PBKDF2: &str =
    "$pbkdf2-sha256$i=20000$c2l4dGVlbiBieXRlIHNhbA$nYuACUIbiYNA1DalMjro+u1ExCZ6mIOyk8wXnhnH0hk";

/// `Basic` of `alice:correct horse battery`.
const ALICE_LONG: &str = "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\n";

pub(crate) fn write(folder: &Path, text: &str) -> std::path::PathBuf {
    // A new file each time, as an editor or Kubernetes leaves one: a change within the clock's grain still counts.
    let (path, fresh) = (folder.join("web.yml"), folder.join("web.yml.new"));
    fs::write(&fresh, text).unwrap();
    fs::rename(&fresh, &path).unwrap();
    path
}

fn with(folder: &TempDir, text: &str) -> Running {
    serve(Limits::default(), Some(write(folder.path(), text)))
}

/// The server must not start, for this reason.
async fn check_start(text: &str, expected: &str) {
    let folder = TempDir::new().unwrap();
    let error = with(&folder, text).served.await.unwrap().unwrap_err();
    assert_eq!(kit_telemetry::chain(&error), expected, "{text}");
}

#[tokio::test]
async fn a_pbkdf2_hash_is_as_good_as_bcrypt() {
    let folder = TempDir::new().unwrap();
    let users = format!("basic_auth_users:\n  alice: {PBKDF2}\n  bob: {HASH}\n");
    let server = with(&folder, &users);
    let answer = server.ask("GET /a", ALICE_LONG, "").await;
    assert!(answer.ends_with("\r\n\r\nGET /a\n"), "{answer}");
    let answer = server.ask("GET /a", ALICE, "").await;
    assert!(
        answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
        "{answer}"
    );
    check_start(
        "basic_auth_users:\n  a: $pbkdf2-sha256$i=many$AAAA$AAAA\n",
        "malformed $pbkdf2-sha256$ hash: the number of rounds",
    )
    .await;
}

#[tokio::test]
async fn only_users_with_their_password_are_let_in() {
    let folder = TempDir::new().unwrap();
    let server = with(&folder, &format!("basic_auth_users:\n  alice: {HASH}\n"));
    for headers in [
        "",
        "Authorization: Basic YWxpY2U6eA==\r\n",
        "Authorization: Basic Ym9iOmZha2VwYXNzd29yZA==\r\n",
    ] {
        let answer = server.ask("GET /a", headers, "").await;
        assert!(
            answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains("\r\nWww-Authenticate: Basic\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\nUnauthorized\n"), "{answer}");
    }
    for _ in 0..2 {
        let answer = server.ask("GET /a", ALICE, "").await;
        assert!(answer.ends_with("\r\n\r\nGET /a\n"), "{answer}");
    }
}

#[tokio::test]
async fn edits_act_on_the_next_request_and_a_broken_file_answers_500_until_repaired() {
    let folder = TempDir::new().unwrap();
    let server = with(&folder, "");
    let status = async |headers: &str| server.ask("GET /a", headers, "").await[9..12].to_owned();
    assert_eq!(status("").await, "200");
    write(
        folder.path(),
        &format!("basic_auth_users:\n  alice: {HASH}\n"),
    );
    assert_eq!(status("").await, "401");
    assert_eq!(status(ALICE).await, "200");
    write(
        folder.path(),
        "basic_auth_users:\n  alice: no hash any more\n",
    );
    assert_eq!(status(ALICE).await, "401");
    write(folder.path(), "basic_auth_users: [\n");
    let answer = server.ask("GET /a", ALICE, "").await;
    assert!(
        answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with("\r\n\r\nInternal Server Error\n"),
        "{answer}"
    );
    fs::remove_file(folder.path().join("web.yml")).unwrap();
    assert_eq!(status(ALICE).await, "500");
    write(folder.path(), "");
    assert_eq!(status("").await, "200");
}

#[tokio::test]
async fn configured_headers_are_on_answers_and_refusals() {
    let folder = TempDir::new().unwrap();
    let headers = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    X-Content-Type-Options: nosniff\n";
    let server = with(&folder, headers);
    let answer = server.ask("GET /a", "", "").await;
    assert!(answer.contains("\r\nX-Frame-Options: deny\r\n"), "{answer}");
    write(
        folder.path(),
        &format!("{headers}basic_auth_users:\n  alice: {HASH}\n"),
    );
    let refusal = server.ask("GET /a", "", "").await;
    assert!(
        refusal.contains("\r\nX-Frame-Options: deny\r\n"),
        "{refusal}"
    );
    assert_eq!(
        refusal.matches("X-Content-Type-Options").count(),
        1,
        "{refusal}"
    );
}

#[tokio::test]
async fn requests_over_the_rate_are_told_so_before_anything_else() {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "rate_limit:\n  burst: 2\n  interval: 1h\nhttp_server_config:\n  headers:\n    X-Frame-Options: deny\n\
         basic_auth_users:\n  alice: {HASH}\n"
    );
    let server = with(&folder, &text);
    for _ in 0..2 {
        assert!(
            server
                .ask("GET /a", "", "")
                .await
                .starts_with("HTTP/1.1 401 ")
        );
    }
    let answer = server.ask("GET /a", ALICE, "").await;
    assert!(
        answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\nToo Many Requests\n"), "{answer}");
    assert!(!answer.contains("X-Frame-Options"), "{answer}");
}

/// Every text was logged by upstream 1.11.3 for the same file.
#[tokio::test]
async fn bad_files_end_the_start_in_upstreams_words() {
    for (text, expected) in [
        (
            "basic_auth_users:\n  a: short\n",
            "crypto/bcrypt: hashedSecret too short to be a bcrypted password",
        ),
        (
            "basic_auth_users:\n  a: \"x2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\"\n",
            "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with 'x'",
        ),
        (
            "tls_server_config:\n  cert_file: x.crt\n",
            "missing one of key or key_file",
        ),
        (
            "tls_server_config:\n  key_file: x.crt\n",
            "missing one of cert or cert_file",
        ),
        (
            "tls_server_config:\n  client_auth_type: NoClientCert\n",
            "missing one of cert or cert_file",
        ),
        (
            "tls_server_config:\n  cert_file: /nowhere/x.crt\n  key_file: x.key\n",
            "failed to read cert_file (/nowhere/x.crt): open /nowhere/x.crt: no such file or directory",
        ),
        (
            "tls_server_config:\n  cert_file: /usr\n  key_file: x.key\n",
            "failed to read cert_file (/usr): read /usr: is a directory",
        ),
        (
            "tls_server_config:\n  cert: abc\n  key: def\n",
            "failed to load X509KeyPair: tls: failed to find any PEM data in certificate input",
        ),
        (
            "foo: 1\n",
            "yaml: unmarshal errors:\n  line 1: field foo not found in type web.Config",
        ),
    ] {
        check_start(text, expected).await;
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_ends_the_start_in_gos_words() {
    for (path, expected) in [
        (
            "/nowhere/web.yml",
            "open /nowhere/web.yml: no such file or directory",
        ),
        ("/usr", "read /usr: is a directory"),
    ] {
        let server = serve(Limits::default(), Some(path.into()));
        let error = server.served.await.unwrap().unwrap_err();
        assert!(matches!(error, ServeError::WebConfig(_)));
        assert_eq!(error.to_string(), expected);
    }
}

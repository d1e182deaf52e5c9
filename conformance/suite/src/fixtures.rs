//! Certificates for the cases, made anew for each run by the `openssl` command, so that no key is kept in the tree.
//!
//! `ca.crt` signs `server.crt` (localhost, 127.0.0.1) and `client.crt` (DNS client.example); `other.crt` is signed by nobody
//! anyone trusts; `second.crt` is another server certificate, for exchanging it while running.

use std::path::Path;
use std::time::Duration;

use conformance_harness::command;

const SCRIPT: &str = r#"
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
signed() {
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$2" "$3" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt"
}
key ca
openssl req -x509 -new -key ca.key -days 2 -subj /CN=casemate-test-ca -out ca.crt
signed server DNS:localhost,IP:127.0.0.1 serverAuth
signed second DNS:localhost,IP:127.0.0.1 serverAuth
signed client DNS:client.example,email:client@example.org clientAuth
key other
openssl req -x509 -new -key other.key -days 2 -subj /CN=other -addext subjectAltName=DNS:client.example -out other.crt
"#;

/// Makes the certificates in `folder`.
///
/// # Errors
/// What `openssl` said.
pub fn make(folder: &Path) -> Result<(), String> {
    let finished = command::shell(SCRIPT, folder, &[], Duration::from_secs(60))?;
    if finished.code == 0 {
        return Ok(());
    }
    Err(format!(
        "openssl could not make the certificates: {}",
        String::from_utf8_lossy(&finished.stderr)
    ))
}

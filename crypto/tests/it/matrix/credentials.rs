//! Certificates of every kind for both sides, made by OpenSSL: ring cannot make them all.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::table::Key;

/// One authority, and below it a server and a client per kind of key.
pub(crate) struct Credentials(TempDir);

/// Paths of a certificate and its key.
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    pub(crate) fn words(&self) -> String {
        format!("{} {}", self.certificate.display(), self.key.display())
    }
}

impl Credentials {
    pub(crate) fn new() -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        let folder = it.0.path();
        fs::write(
            folder.join("openssl.cnf"),
            "[req]\ndistinguished_name=dn\n[dn]\n",
        )
        .unwrap();
        let authority = ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"];
        make(folder, "ca", "authority", Key::P256, &authority);
        for key in Key::ALL {
            for (side, usage) in [("server", "serverAuth"), ("client", "clientAuth")] {
                let extensions = [
                    &format!("subjectAltName=DNS:{side}.test"),
                    &format!("extendedKeyUsage={usage}"),
                    "basicConstraints=critical,CA:FALSE",
                    "authorityKeyIdentifier=keyid",
                ];
                let name = format!("{side}-{key:?}");
                make(folder, &name, &format!("{side}.test"), key, &extensions);
            }
        }
        it
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.0.path().join("ca.crt")
    }

    pub(crate) fn server(&self, key: Key) -> Files {
        self.files(&format!("server-{key:?}"))
    }

    pub(crate) fn client(&self, key: Key) -> Files {
        self.files(&format!("client-{key:?}"))
    }

    fn files(&self, name: &str) -> Files {
        Files {
            certificate: self.0.path().join(format!("{name}.crt")),
            key: self.0.path().join(format!("{name}.key")),
        }
    }
}

/// Makes `name.crt` and `name.key`, signed by `ca` unless it is `ca` itself.
fn make(folder: &Path, name: &str, common_name: &str, key: Key, extensions: &[&str]) {
    let mut command = Command::new("openssl");
    command.current_dir(folder);
    command.args([
        "req",
        "-x509",
        "-config",
        "openssl.cnf",
        "-nodes",
        "-days",
        "2",
    ]);
    command.args(["-subj", &format!("/CN={common_name}"), "-sha256"]);
    command.args(match key {
        Key::Rsa2048 => &["-newkey", "rsa:2048"][..],
        Key::P256 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        Key::P384 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        Key::P521 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
        Key::Ed25519 => &["-newkey", "ed25519"],
    });
    command.args([
        "-out",
        &format!("{name}.crt"),
        "-keyout",
        &format!("{name}.key"),
    ]);
    if name != "ca" {
        command.args(["-CA", "ca.crt", "-CAkey", "ca.key"]);
    }
    for extension in extensions {
        command.args(["-addext", extension]);
    }
    let output = command.output().expect("OpenSSL's program");
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

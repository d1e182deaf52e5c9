//! The certificates a verifier trusts.

use std::{fs, path::Path, sync::Arc};

use crate::{
    pki::{certificate::Certificate, pem},
    tls::IdentityError,
};

/// A set of trusted certificates. Cheap to clone; may be empty, then nothing verifies.
#[derive(Clone, Default)]
pub struct TrustStore(Arc<Vec<Certificate>>);

impl TrustStore {
    /// Takes every certificate of a PEM text. Other blocks and certificates that do not parse are left out in silence,
    /// as Go's `AppendCertsFromPEM` does; see [`TrustStore::len`].
    #[must_use]
    pub fn from_pem(text: &[u8]) -> Self {
        let mut store = Vec::new();
        add(&mut store, text);
        Self(Arc::new(store))
    }

    /// Reads a file, then as [`TrustStore::from_pem`].
    ///
    /// # Errors
    /// [`IdentityError::Read`] naming the file.
    pub fn from_file(path: &Path) -> Result<Self, IdentityError> {
        let text = fs::read(path).map_err(|source| IdentityError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::from_pem(&text))
    }

    /// Takes the certificates the operating system trusts: the first bundle file that exists, else every file of the
    /// certificate folders. Empty when there is neither.
    ///
    /// Source: Go crypto/x509 root_linux.go, root_unix.go.
    #[must_use]
    pub fn system() -> Self {
        Self::from_paths(SYSTEM_FILES, SYSTEM_FOLDERS)
    }

    /// As [`TrustStore::system`], where the variables `SSL_CERT_FILE` and `SSL_CERT_DIR` (folders joined by `:`) take
    /// the place of the usual files and folders, as in Go.
    #[must_use]
    pub fn system_from_env(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let (file, folders) = (set("SSL_CERT_FILE"), set("SSL_CERT_DIR"));
        let files = file.as_deref().map(|file| vec![file]);
        let folders = folders
            .as_deref()
            .map(|folders| folders.split(':').collect::<Vec<_>>());
        Self::from_paths(
            files.as_deref().unwrap_or(SYSTEM_FILES),
            folders.as_deref().unwrap_or(SYSTEM_FOLDERS),
        )
    }

    fn from_paths(files: &[&str], folders: &[&str]) -> Self {
        let mut store = Vec::new();
        if let Some(text) = files.iter().find_map(|path| fs::read(path).ok()) {
            add(&mut store, &text);
        }
        if store.is_empty() {
            let entries = folders
                .iter()
                .filter_map(|folder| fs::read_dir(folder).ok())
                .flatten()
                .flatten();
            let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
            paths.sort();
            for text in paths.iter().filter_map(|path| fs::read(path).ok()) {
                add(&mut store, &text);
            }
        }
        Self(Arc::new(store))
    }

    /// Number of different certificates taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when nothing was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.0
    }
}

impl std::fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrustStore({} certificates)", self.len())
    }
}

fn add(store: &mut Vec<Certificate>, text: &[u8]) {
    let blocks = pem::blocks(text)
        .into_iter()
        .filter(|block| block.label == "CERTIFICATE");
    for certificate in blocks.filter_map(|block| Certificate::parse(&block.bytes).ok()) {
        if !store.iter().any(|known| known.der == certificate.der) {
            store.push(certificate);
        }
    }
}

const SYSTEM_FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, distroless
    "/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL 6
    "/etc/ssl/ca-bundle.pem",             // openSUSE
    "/etc/pki/tls/cacert.pem",            // OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7 and later
    "/etc/ssl/cert.pem",                  // Alpine
];
const SYSTEM_FOLDERS: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs"];

#[cfg(test)]
mod tests {
    use super::TrustStore;

    #[test]
    fn blocks_that_are_no_certificates_are_left_out() {
        let text = crate::pki::pem::encode("CERTIFICATE", b"no certificate");
        assert!(TrustStore::from_pem(text.as_bytes()).is_empty());
        assert!(TrustStore::from_pem(b"").is_empty());
    }

    #[test]
    fn folders_are_read_when_no_bundle_exists() {
        let folder = tempfile::tempdir().unwrap();
        let ca = crate::test_util::ca("folder");
        std::fs::write(folder.path().join("one.pem"), &ca.certificate).unwrap();
        std::fs::write(folder.path().join("same.pem"), &ca.certificate).unwrap();
        let store = TrustStore::from_paths(&["/nonexistent"], &[folder.path().to_str().unwrap()]);
        assert_eq!(store.len(), 1);
    }
}

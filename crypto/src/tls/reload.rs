//! Values made of files, made anew when a file changes.
//!
//! Files are compared by a stat before every use, so a change acts on the next handshake, as in etcd and
//! exporter-toolkit, without reading the files each time. Whoever asks decides what a broken file means: end this
//! handshake ([`Watched::get`], upstream's way) or go on with the last good value ([`Watched::get_or_last`]).

use std::{
    fmt, fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::tls::{Built, ClientAuth, Identity, ServerConfigBuilder, TlsError, TrustStore};

/// A value that follows its files.
pub struct Watched<T, E> {
    paths: Vec<PathBuf>,
    load: Box<dyn Fn() -> Result<T, E> + Send + Sync>,
    current: Mutex<Current<T>>,
}

struct Current<T> {
    value: Arc<T>,
    /// What the files looked like when they were read; `None` when that is not certain, so that the next use reads
    /// them again.
    stamps: Option<Vec<Stamp>>,
}

impl<T, E> Watched<T, E> {
    /// Makes the first value. `load` reads the files at `paths`, and nothing else that changes.
    ///
    /// # Errors
    /// The error of `load`.
    pub fn new(
        paths: Vec<PathBuf>,
        load: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, E> {
        let (value, stamps) = load_unmoved(&paths, &load)?;
        let current = Mutex::new(Current {
            value: Arc::new(value),
            stamps,
        });
        Ok(Self {
            paths,
            load: Box::new(load),
            current,
        })
    }

    /// Returns the value for the files as they are now.
    ///
    /// # Errors
    /// The error of `load`, every time until the files are good again.
    pub fn get(&self) -> Result<Arc<T>, E> {
        self.refresh(&mut self.lock())
    }

    /// Returns the value for the files as they are now, or the last good one with the reason why.
    pub fn get_or_last(&self) -> (Arc<T>, Option<E>) {
        let mut current = self.lock();
        match self.refresh(&mut current) {
            Ok(value) => (value, None),
            Err(error) => (current.value.clone(), Some(error)),
        }
    }

    fn refresh(&self, current: &mut Current<T>) -> Result<Arc<T>, E> {
        if current.stamps.as_ref() != Some(&stamps(&self.paths)) {
            // Forgotten first: files that went bad and come back untouched are read again.
            current.stamps = None;
            let (value, stamps) = load_unmoved(&self.paths, &self.load)?;
            *current = Current {
                value: Arc::new(value),
                stamps,
            };
        }
        Ok(current.value.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Current<T>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> fmt::Debug for Watched<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.paths).finish()
    }
}

/// The files of a server.
#[derive(Clone, Debug)]
pub struct ServerFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authorities of clients, PEM (default: none).
    pub client_ca: Option<PathBuf>,
}

impl ServerFiles {
    /// Returns a configuration that follows these files: certificate, key and authorities. `configure` sets the rest;
    /// it runs at every change.
    ///
    /// # Errors
    /// [`TlsError`] when the files do not make a configuration now.
    pub fn watch(
        self,
        client_auth: ClientAuth,
        configure: impl Fn(ServerConfigBuilder) -> ServerConfigBuilder + Send + Sync + 'static,
    ) -> Result<Watched<Built<rustls::ServerConfig>, TlsError>, TlsError> {
        let paths = [&self.certificate, &self.key]
            .into_iter()
            .chain(&self.client_ca)
            .cloned()
            .collect();
        Watched::new(paths, move || {
            let identity = Identity::from_files(&self.certificate, &self.key)?;
            let authorities = self.client_ca.as_deref().map(TrustStore::from_file);
            let authorities = authorities.transpose()?;
            configure(ServerConfigBuilder::new(identity))
                .client_auth(client_auth, authorities)
                .build()
        })
    }
}

/// Loads until nothing changed meanwhile, so that two files written one after the other are not mixed. After
/// [`LOADS_MAX`] the last result counts: it is whole (a key is checked against its certificate), but not certain to be
/// the newest.
fn load_unmoved<T, E>(
    paths: &[PathBuf],
    load: &(impl Fn() -> Result<T, E> + ?Sized),
) -> Result<(T, Option<Vec<Stamp>>), E> {
    for _ in 1..LOADS_MAX {
        let before = stamps(paths);
        let result = load();
        if before == stamps(paths) {
            let is_settled = before.iter().all(Stamp::is_settled);
            return result.map(|value| (value, is_settled.then_some(before)));
        }
    }
    load().map(|value| (value, None))
}

/// What tells one state of a file from another.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Stamp {
    /// Where the path leads: Kubernetes swaps a link in the middle of it.
    target: Option<PathBuf>,
    /// `None` for a file that is not there.
    file: Option<FileStamp>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct FileStamp {
    bytes: u64,
    modified: Duration,
    device: u64,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let file = fs::metadata(path).ok().map(|metadata| FileStamp {
            bytes: metadata.size(),
            modified: metadata
                .modified()
                .ok()
                .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
                .unwrap_or_default(),
            device: metadata.dev(),
            inode: metadata.ino(),
        });
        Self {
            target: fs::canonicalize(path).ok(),
            file,
        }
    }

    /// False for a file changed a moment ago: a second change within the clock's grain would look the same.
    fn is_settled(&self) -> bool {
        let Some(file) = &self.file else { return true };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        now.checked_sub(file.modified)
            .is_some_and(|age| age > CLOCK_GRAIN)
    }
}

fn stamps(paths: &[PathBuf]) -> Vec<Stamp> {
    paths.iter().map(|path| Stamp::of(path)).collect()
}

/// Attempts to read files that keep changing.
const LOADS_MAX: usize = 4;
/// Some filesystems keep times in steps of two seconds.
const CLOCK_GRAIN: Duration = Duration::from_secs(2);

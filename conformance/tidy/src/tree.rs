//! The files of the house as git sees them: tracked, or new and not ignored. Checks take a [`Tree`], so their tests
//! build one from a few lines of text.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::tokens::{self, Token};

/// Largest file that is read, in bytes: sources and texts are far below, binary fixtures above are not searched.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// A file of the tree.
#[derive(Clone, Debug)]
pub struct File {
    /// Path relative to the root, with `/`.
    pub path: String,
    /// The content; `None` when it is not UTF-8 or larger than 4 MiB.
    pub text: Option<String>,
}

/// Why the tree could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// `git ls-files` did not start.
    #[error("run git ls-files")]
    Git(#[source] io::Error),
    /// `git ls-files` ended with an error.
    #[error("git ls-files: {0}")]
    Refused(String),
    /// A listed file could not be read.
    #[error("read {}", .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The files a check looks at.
#[derive(Clone, Debug)]
pub struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads every tracked or not ignored file below `root`.
    ///
    /// # Errors
    /// [`TreeError`] when git refuses or a file cannot be read.
    pub fn open(root: &Path) -> Result<Self, TreeError> {
        let output = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root)
            .output()
            .map_err(TreeError::Git)?;
        if !output.status.success() {
            return Err(TreeError::Refused(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            ));
        }
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut files = Vec::new();
        for path in listed.split_terminator('\0') {
            files.extend(read(root, path)?);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { files })
    }

    /// Builds a tree from paths and texts; for the tests of checks.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: Some((*text).to_owned()),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    /// Every file, in the order of the paths.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Every text file with its path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts()
            .find(|(each, _)| *each == path)
            .map(|(_, text)| text)
    }

    /// Whether there is a file or a folder of that path.
    pub fn holds(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.files
            .iter()
            .any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// Every Rust file with its tokens. A file that does not lex is left to the compiler, which refuses it too.
    pub fn rust(&self) -> impl Iterator<Item = (&str, Vec<Token>)> {
        self.texts()
            .filter(|(path, _)| path.ends_with(".rs"))
            .filter_map(|(path, text)| Some((path, tokens::of(text)?)))
    }

    /// Folders that hold a crate of the workspace: every folder with a `Cargo.toml`, but the root, and but those that are a
    /// workspace of their own: fuzz targets, which want flags that nothing else is built with, and a bench beside what the
    /// house forbids. Nothing of them is shipped.
    pub fn crate_folders(&self) -> Vec<&str> {
        self.manifests()
            .filter(|(_, is_apart)| !is_apart)
            .map(|(folder, _)| folder)
            .collect()
    }

    /// Whether the whole file is test code: an integration test, a bench, an example, a `tests.rs` beside its module, or
    /// anything outside the workspace. Nothing of it is shipped.
    pub fn is_test_file(&self, path: &str) -> bool {
        let is_in = |folder: &str| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        is_test_file(path)
            || self
                .manifests()
                .any(|(folder, is_apart)| is_apart && is_in(folder))
    }

    /// Every folder with a `Cargo.toml`, but the root, and whether it is a workspace of its own.
    fn manifests(&self) -> impl Iterator<Item = (&str, bool)> {
        self.files.iter().filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let text = file.text.as_deref().unwrap_or_default();
            Some((
                folder,
                text.lines().any(|line| line.trim() == "[workspace]"),
            ))
        })
    }
}

/// Reads one listed file; `None` when it is gone (deleted but still in the index) or a link to a folder.
fn read(root: &Path, path: &str) -> Result<Option<File>, TreeError> {
    let full = root.join(path);
    let failed = |source| TreeError::Read {
        path: full.clone(),
        source,
    };
    let metadata = match fs::metadata(&full) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let text = if metadata.len() > FILE_BYTES_MAX {
        None
    } else {
        String::from_utf8(fs::read(&full).map_err(failed)?).ok()
    };
    Ok(Some(File {
        path: path.to_owned(),
        text,
    }))
}

/// Whether a file is test code by its path.
fn is_test_file(path: &str) -> bool {
    let folder =
        |name: &str| path.starts_with(&format!("{name}/")) || path.contains(&format!("/{name}/"));
    folder("tests") || folder("benches") || folder("examples") || path.ends_with("/tests.rs")
}

/// The root of this house: two folders above this crate.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_tree_holds_this_file() {
        let tree = Tree::open(&root()).unwrap();
        assert!(tree.text("conformance/tidy/src/tree.rs").is_some());
        assert!(tree.holds("conformance/tidy"));
        assert!(!tree.holds("conformance/tid"));
    }

    #[test]
    fn a_folder_without_git_is_refused() {
        let outside = std::env::temp_dir();
        assert!(
            matches!(Tree::open(&outside), Err(TreeError::Refused(_))),
            "{}",
            outside.display()
        );
    }

    #[test]
    fn test_files_are_known_by_their_place() {
        assert!(is_test_file("crypto/tests/it/tls.rs"));
        assert!(is_test_file("crypto/src/digest/tests.rs"));
        assert!(is_test_file("services/kit/guard/examples/guarded.rs"));
        assert!(!is_test_file("crypto/src/self_test.rs"));
        assert!(!is_test_file("conformance/suite/src/contests.rs"));
    }
}

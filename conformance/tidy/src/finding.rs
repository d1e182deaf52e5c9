//! What a check found: a place and a sentence. Every check returns a list of these, empty when the house is in order.

use std::fmt;

/// One place where the tree breaks a rule of the house.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Finding {
    /// The file, relative to the root of the tree.
    pub path: String,
    /// The line, counted from 1; 0 when the finding is about the whole file.
    pub line: usize,
    /// What is wrong and who may do it instead.
    pub text: String,
}

impl Finding {
    /// Makes a finding about one line (counted from 1).
    pub fn at(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            text: text.into(),
        }
    }

    /// Makes a finding about a whole file or folder.
    pub fn about(path: &str, text: impl Into<String>) -> Self {
        Self::at(path, 0, text)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.text),
            line => write!(f, "{}:{line}: {}", self.path, self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_like_a_compiler_message() {
        assert_eq!(Finding::at("a/b.rs", 7, "no").to_string(), "a/b.rs:7: no");
        assert_eq!(
            Finding::about("a", "no README.md").to_string(),
            "a: no README.md"
        );
    }
}

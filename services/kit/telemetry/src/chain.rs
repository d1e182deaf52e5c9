//! Errors with their causes, for log lines and answers.

use std::{error::Error, fmt::Write};

/// Returns an error and its causes joined by `: `, as Go programs wrap theirs.
///
/// Every `Display` in the house says its own level only, so nothing appears twice.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, ": {cause}").expect("writing to a string does not fail");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Outer {
        text: &'static str,
        #[source]
        source: io::Error,
    }

    #[test]
    fn causes_follow_after_colons() {
        let error = Outer {
            text: "write snapshot",
            source: io::Error::other("disk on fire"),
        };
        assert_eq!(chain(&error), "write snapshot: disk on fire");
        assert_eq!(chain(&io::Error::other("alone")), "alone");
    }
}

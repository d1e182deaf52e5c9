//! Commands as data: a tree of them is a program.

use crate::{Flag, dialect::cobra::UsageError, value};

/// A command, its flags and its children. Written with the constructors, as flags are.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The command's name and what follows it, as `get [options] <key> [range_end]`.
    pub usage: &'static str,
    /// One line for the list of its parent.
    pub short: &'static str,
    /// What help begins with; `short` when empty.
    pub long: &'static str,
    /// Examples for help, indented by two.
    pub example: &'static str,
    /// The title it stands under in its parent's list.
    pub group: &'static str,
    /// Its own flags.
    pub flags: &'static [Flag],
    /// Flags that it and everything under it has.
    pub shared_flags: &'static [Flag],
    /// What arguments it takes.
    pub arguments: Arguments,
    /// Commands under it. A command with children only prints its help.
    pub children: &'static [Self],
    /// Not listed and not offered.
    pub hidden: bool,
}

/// What arguments a command takes.
#[derive(Clone, Copy, Debug)]
pub enum Arguments {
    /// Any; the command itself looks at them.
    Any,
    /// Exactly one of these words.
    OneOf(&'static [&'static str]),
}

impl Command {
    /// A command that runs.
    #[must_use]
    pub const fn new(usage: &'static str, short: &'static str) -> Self {
        Self {
            usage,
            short,
            long: "",
            example: "",
            group: "",
            flags: &[],
            shared_flags: &[],
            arguments: Arguments::Any,
            children: &[],
            hidden: false,
        }
    }

    /// Sets what help begins with.
    #[must_use]
    pub const fn long(mut self, text: &'static str) -> Self {
        self.long = text;
        self
    }

    /// Sets the examples.
    #[must_use]
    pub const fn example(mut self, text: &'static str) -> Self {
        self.example = text;
        self
    }

    /// Sets the title it is listed under.
    #[must_use]
    pub const fn group(mut self, title: &'static str) -> Self {
        self.group = title;
        self
    }

    /// Sets its own flags.
    #[must_use]
    pub const fn flags(mut self, flags: &'static [Flag]) -> Self {
        self.flags = flags;
        self
    }

    /// Sets the flags that it shares with everything under it.
    #[must_use]
    pub const fn shared_flags(mut self, flags: &'static [Flag]) -> Self {
        self.shared_flags = flags;
        self
    }

    /// Sets what arguments it takes.
    #[must_use]
    pub const fn arguments(mut self, arguments: Arguments) -> Self {
        self.arguments = arguments;
        self
    }

    /// Sets the commands under it.
    #[must_use]
    pub const fn children(mut self, children: &'static [Self]) -> Self {
        self.children = children;
        self
    }

    /// Leaves it out of help and completion.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Returns its name: the first word of its usage.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.usage.split(' ').next().unwrap_or_default()
    }

    pub(crate) const fn runnable(&self) -> bool {
        self.children.is_empty()
    }
}

impl Arguments {
    /// Source: cobra args.go, `ExactArgs(1)` and `OnlyValidArgs`.
    pub(crate) fn check(self, arguments: &[Vec<u8>], path: &str) -> Result<(), UsageError> {
        let Self::OneOf(words) = self else {
            return Ok(());
        };
        let [argument] = arguments else {
            return Err(UsageError::ArgumentCount {
                accepted: 1,
                received: arguments.len(),
            });
        };
        if words.iter().any(|word| word.as_bytes() == argument) {
            return Ok(());
        }
        Err(UsageError::Argument {
            quoted: value::quote(argument),
            path: path.to_owned(),
        })
    }
}

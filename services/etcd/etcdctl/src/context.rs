//! What every command has: the line it was typed on, the variables, the cluster, and a place to print.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use etcd_client::{Call, Client, Config};
use kit_cli::{ProcessEnv, dialect::cobra::Line, value::parse_go_duration};

use crate::{
    failure::Failure,
    print::{Printer, Reply},
    settings,
};

/// A command that is being run.
#[derive(Debug)]
pub struct Ctl {
    pub(crate) line: Line,
    pub(crate) env: ProcessEnv,
    printer: Option<Printer>,
    /// None once it was done.
    prove_crypto: Option<fn() -> Result<(), Failure>>,
    started: Call,
}

impl Ctl {
    /// Starts the time of the command.
    #[must_use]
    pub fn new(line: Line, env: ProcessEnv, prove_crypto: fn() -> Result<(), Failure>) -> Self {
        let started = Call::within(duration(&line, "command-timeout"));
        Self {
            line,
            env,
            printer: None,
            prove_crypto: Some(prove_crypto),
            started,
        }
    }

    /// Takes the flags' values from the variables too and chooses the output format.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        settings::take_variables(&mut self.line, &self.env)?;
        settings::check_files(&self.line)?;
        let hex = self.switch("hex");
        let format = self.line.matches.text("write-out");
        let printer = Printer::new(format, hex);
        self.printer = Some(printer.ok_or_else(|| {
            Failure::new(Failure::BAD_FEATURE, "unsupported output format") // upstream's text
        })?);
        self.started = Call::within(duration(&self.line, "command-timeout"));
        Ok(())
    }

    /// Returns the settings of the cluster that the flags name.
    pub(crate) async fn config(&mut self) -> Result<Config, Failure> {
        self.settle()?;
        self.prove_crypto()?;
        settings::config(&self.line, &self.env).await
    }

    /// Tests the crypto module, once.
    pub(crate) fn prove_crypto(&mut self) -> Result<(), Failure> {
        self.prove_crypto.take().map_or(Ok(()), |prove| prove())
    }

    /// Connects to the cluster that the flags name.
    pub(crate) async fn client(&mut self) -> Result<Client, Failure> {
        let config = self.config().await?;
        connect(config).await
    }

    /// The call of a command that the flag `--command-timeout` limits; its time runs from the command's start.
    pub(crate) const fn call(&self) -> Call {
        self.started
    }

    /// A new call with the command's time, for commands that make several.
    pub(crate) fn fresh_call(&self) -> Call {
        Call::within(duration(&self.line, "command-timeout"))
    }

    pub(crate) fn switch(&self, flag: &str) -> bool {
        self.line.matches.switch(flag)
    }

    pub(crate) fn text(&self, flag: &str) -> &str {
        self.line.matches.text(flag)
    }

    pub(crate) fn integer(&self, flag: &str) -> i64 {
        self.line.matches.number(flag)
    }

    /// The arguments as text, for what is not a key or a value.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
        self.line.arguments.iter().map(text).collect()
    }

    /// Shows an answer in the chosen format.
    pub(crate) fn show(&self, reply: &Reply<'_>) -> Result<(), Failure> {
        print(&self.printer().render(reply)?)
    }

    pub(crate) fn printer(&self) -> &Printer {
        self.printer
            .as_ref()
            .expect("a command connects before it prints")
    }

    pub(crate) fn printer_mut(&mut self) -> &mut Printer {
        self.printer
            .as_mut()
            .expect("a command connects before it prints")
    }
}

/// Connects, with the code upstream has for a failure.
pub(crate) async fn connect(config: Config) -> Result<Client, Failure> {
    Client::connect(config)
        .await
        .map_err(|error| Failure::from(error).with_code(Failure::BAD_CONNECTION))
}

/// Writes to stdout at once. A reader that has gone ends the command quietly.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Err(Failure::told(Failure::ERROR))
        }
        Err(error) => Err(Failure::error(format!("write stdout: {error}"))),
    }
}

/// Writes a line to stdout.
pub(crate) fn print_line(text: &str) -> Result<(), Failure> {
    print(format!("{text}\n").as_bytes())
}

/// Writes a line to stderr; one that is gone leaves nobody to tell.
pub(crate) fn tell_line(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Reads all of stdin, at most so much that a request with it is refused anyway.
pub(crate) fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(STDIN_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns a flag's duration; a negative one is none.
pub(crate) fn duration(line: &Line, flag: &str) -> Duration {
    parse_go_duration(line.matches.text(flag))
        .map(kit_cli::value::GoDuration::to_std)
        .unwrap_or_default()
}

/// A value longer than gRPC's largest message reaches no server.
const STDIN_BYTES_MAX: u64 = 1 << 31;

//! `crypto-audit ELF`: which crypto is in there, and does the program tell the truth about it?

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use crypto_audit::arguments::{self, Request, USAGE};
use crypto_audit::evidence::FILE_BYTES_MAX;
use crypto_audit::page::Form;
use crypto_audit::verdict::Symbols;
use crypto_audit::{Provider, evidence, judge, page};

/// The program agrees with its report and with what was expected.
const AGREES: u8 = 0;
/// It does not, or it cannot be read.
const DOES_NOT_AGREE: u8 = 1;
/// The command line is wrong.
const WRONG_USAGE: u8 = 2;

#[expect(
    clippy::disallowed_methods,
    reason = "the judge links no crate of the house, so not kit-cli either"
)]
fn main() -> ExitCode {
    let code = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => print(USAGE).map(|()| AGREES),
        Ok(Request::Audit {
            path,
            expected,
            symbols,
            form,
        }) => audit(&path, expected, symbols, form),
        Err(error) => {
            complain(&format!("{:#}\n{USAGE}", anyhow::Error::new(error))).map(|()| WRONG_USAGE)
        }
    };
    let code = code.or_else(|error| complain(&format!("{error:#}\n")).map(|()| DOES_NOT_AGREE));
    ExitCode::from(code.unwrap_or(DOES_NOT_AGREE))
}

fn audit(
    path: &Path,
    expected: Option<Provider>,
    symbols: Symbols,
    form: Form,
) -> anyhow::Result<u8> {
    let name = path.display().to_string();
    let bytes = read(path).with_context(|| format!("read {name}"))?;
    let evidence = evidence::gather(&bytes).with_context(|| name.clone())?;
    let mismatches = judge(&evidence, expected, symbols);
    print(&page::write(form, &name, &evidence, &mismatches))?;
    Ok(if mismatches.is_empty() {
        AGREES
    } else {
        DOES_NOT_AGREE
    })
}

/// Reads one byte more than is looked at, so that a larger file is refused and not cut.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn print(text: &str) -> anyhow::Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("write the page")
}

fn complain(text: &str) -> anyhow::Result<()> {
    io::stderr()
        .write_all(format!("crypto-audit: {text}").as_bytes())
        .context("write to stderr")
}

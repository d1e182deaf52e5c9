//! `conformance-etcd`: one random script to ours and to upstream, or crashes under load. Exit code 0 nothing found,
//! 3 something found, 2 wrong usage, 1 the run itself failed.

use std::process::ExitCode;

use conformance_etcd::{
    arguments::{self, Arguments},
    crash, differential, disk, hostile,
};

fn main() -> ExitCode {
    let arguments = match arguments::parse(&arguments::of_process()) {
        Ok(arguments) => arguments,
        Err(error) => return fail(2, &format!("{error}\n{}", arguments::USAGE)),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &error.to_string()),
    };
    match runtime.block_on(run(&arguments)) {
        Ok(report) if report.found.is_empty() => {
            say(&report.told);
            ExitCode::SUCCESS
        }
        Ok(report) => {
            say(&report.found.join("\n"));
            fail(3, &report.told)
        }
        Err(error) => fail(1, &error),
    }
}

/// What came of a run.
struct Report {
    found: Vec<String>,
    told: String,
}

async fn run(arguments: &Arguments) -> Result<Report, String> {
    let Arguments { count, seed, .. } = *arguments;
    let (found, told) = match &arguments.upstream {
        Some(upstream) if arguments.command == "differential" => {
            differential::run(&arguments.ours, upstream, count, seed).await?
        }
        _ if arguments.command == "disk" => disk::run(&arguments.ours).await?,
        _ if arguments.command == "hostile" => hostile::run(&arguments.ours, count).await?,
        _ => crash::run(&arguments.ours, count, seed).await?,
    };
    Ok(Report { found, told })
}

#[expect(clippy::print_stdout, reason = "the report is this program's output")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "diagnostics of a command-line program")]
fn fail(code: u8, text: &str) -> ExitCode {
    eprintln!("conformance-etcd: {text}");
    ExitCode::from(code)
}

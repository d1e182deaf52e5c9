//! etcd, drop-in. Reads flags, variables and file, proves the crypto module, works, exits.

use std::process::ExitCode;

use crypto::{Settings, StartError};
use etcd::{
    Config, flags,
    member::{self, MemberError},
    start::{self, Start},
};
use kit_cli::{EnvSource, ProcessEnv};
use kit_guard::Guard;
use kit_http::listen::ListenError;
use kit_telemetry::{chain, init_zap};
use tracing::error;

/// A put is a dozen allocations that live for a moment, and one that stays: with glibc's allocator they are a fifth of its cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // First of all: while there is one thread, and before a file named on the command line is read.
    let guard = match kit_guard::enter(&variable) {
        Ok(guard) => guard,
        Err(refusal) => {
            let exit_code = refusal.exit_code();
            return kit_cli::fail(&refusal.into(), exit_code);
        }
    };
    let exit_code = kit_cli::run(flags::command(), |invocation| {
        let log = init_zap()?;
        let argv = invocation.argv;
        Ok(
            match start::configure(&argv, &invocation.matches, &invocation.env, &log) {
                Start::Say(text) => say(&text),
                Start::End(code) => ExitCode::from(code),
                Start::Member(config) => prove_crypto()
                    .or_else(|| confine(&guard, &config))
                    .unwrap_or_else(|| serve(*config, argv)),
            },
        )
    });
    drop(guard); // reports a start that failed
    exit_code
}

/// Gives up what serving does not need, while there is one thread. Returns the exit code when the program must not start.
fn confine(guard: &Guard, config: &Config) -> Option<ExitCode> {
    let refusal = guard.confine(&etcd::rights(config)).err()?;
    error!(zap_level = "fatal", "{refusal}");
    Some(ExitCode::from(refusal.exit_code()))
}

/// Reads one variable, for the crates that have settings of their own there: `CRYPTO_*`, `GUARD_*`, `LISTEN_*`.
fn variable(name: &str) -> Option<String> {
    ProcessEnv.get(name)
}

/// Tests the crypto module and makes it the process' provider, before any socket is opened. Returns the exit code when
/// the program must not start.
fn prove_crypto() -> Option<ExitCode> {
    match Settings::from_env(&variable)
        .and_then(|settings| crypto::start(&settings, crypto::linked_crates!()))
    {
        Ok(report) => {
            kit_telemetry::log_crypto(&report);
            None
        }
        Err(error) => {
            error!(
                zap_level = "fatal",
                error = chain(&error),
                "crypto module refused"
            );
            Some(ExitCode::from(StartError::EXIT_CODE))
        }
    }
}

fn serve(config: Config, argv: Vec<String>) -> ExitCode {
    match kit_http::run_on_one_thread(|stop| member::run(config, argv, stop)) {
        Ok(signal) => {
            if let Some(signal) = signal {
                kit_guard::end_by_signal(signal);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            // Upstream's text for whatever keeps a member from working, be it discovery or not.
            error!(
                zap_level = "fatal",
                error = chain(&error),
                "discovery failed"
            );
            if let MemberError::Listen(listen) = &error
                && let Some(explanation) = listen.explanation()
            {
                error!("{explanation}");
            }
            match &error {
                MemberError::Listen(ListenError::Bind(bind)) => {
                    ExitCode::from(bind.exit_code().unwrap_or(1))
                }
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn say(text: &str) -> ExitCode {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

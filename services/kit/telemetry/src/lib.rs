//! What a program tells its operator: log lines in the format of the program it replaces, error chains, build facts.
//!
//! Programs log with `tracing` macros; [`init`] installs the one subscriber, which renders events as upstream would.
//! Which messages exist is each service's business; metrics are kit-metrics'.

mod build_info;
mod chain;
mod crypto_line;
mod format;
mod init;
mod layer;
mod level;
mod panic;
mod zap;

pub use crate::{
    build_info::BuildInfo,
    chain::chain,
    crypto_line::log_crypto,
    init::{InitError, LogConfig, init},
    level::{Level, LogFormat, UnknownLevel, UnknownLogFormat},
    zap::{
        Rotation, UnknownZapLevel, ZapConfig, ZapFormat, ZapLevel, ZapLog, ZapOutput,
        ZapOutputError, init_zap, json,
    },
};

//! The commands, one file each, and who runs when.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command.

use etcd_client::Call;
use kit_cli::dialect::cobra::{completion_script, flag_usages};

use crate::{
    GLOBAL, VERSION,
    context::{Ctl, print, print_line},
    failure::Failure,
};

mod alarm;
mod auth;
mod check;
mod compaction;
mod defrag;
mod del;
mod downgrade;
mod elect;
mod endpoint;
mod get;
mod lease;
mod lock;
mod make_mirror;
mod member;
mod move_leader;
mod number;
mod process;
mod put;
mod role;
mod snapshot;
pub mod txn;
mod user;
mod watch;

/// Runs the command that the line names.
pub(crate) async fn run(ctl: Ctl) -> Result<(), Failure> {
    match ctl.line.command.as_slice() {
        ["get"] => get::run(ctl).await,
        ["put"] => put::run(ctl).await,
        ["del"] => del::run(ctl).await,
        ["txn"] => txn::run(ctl).await,
        ["compaction"] => compaction::run(ctl).await,
        ["watch"] => watch::run(ctl).await,
        ["lease", name] => lease::run(name, ctl).await,
        ["alarm", name] => alarm::run(name, ctl).await,
        ["defrag"] => defrag::run(ctl).await,
        ["endpoint", name] => endpoint::run(name, ctl).await,
        ["move-leader"] => move_leader::run(ctl).await,
        ["member", name] => member::run(name, ctl).await,
        ["snapshot", _] => snapshot::run(ctl).await,
        ["make-mirror"] => make_mirror::run(ctl).await,
        ["lock"] => lock::run(ctl).await,
        ["elect"] => elect::run(ctl).await,
        ["auth", name] => auth::run(name, ctl).await,
        ["user", name] => user::run(name, ctl).await,
        ["role", name] => role::run(name, ctl).await,
        ["check", name] => check::run(name, ctl).await,
        ["downgrade", name] => downgrade::run(name, ctl).await,
        ["version"] => version(),
        ["options"] => options(),
        ["completion"] => completion(&ctl),
        other => unreachable!("no command is called {other:?}"),
    }
}

fn version() -> Result<(), Failure> {
    let minor = VERSION.rsplit_once('.').map_or(VERSION, |(minor, _)| minor);
    print_line(&format!("etcdctl version: {VERSION}\nAPI version: {minor}"))
}

fn options() -> Result<(), Failure> {
    let flags = flag_usages(GLOBAL);
    print(format!("The following options can be passed to any command:\n\n{flags}").as_bytes())
}

fn completion(ctl: &Ctl) -> Result<(), Failure> {
    let shell = ctl.arguments().into_iter().next().unwrap_or_default();
    let script = completion_script(&shell, "etcdctl");
    print(
        script
            .expect("the command takes these shells alone")
            .as_bytes(),
    )
}

/// The time of commands that upstream does not limit.
const UNLIMITED: Call = Call::unlimited();

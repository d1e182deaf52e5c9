//! Which ports are free, asked before anything is started.

use std::{fmt::Write, net::TcpListener};

use kit_guard::bind::{self, BindError};

use crate::plan::Plan;

/// Some ports cannot be had. Says for each who needs it, what is wrong and who holds it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PortsTaken(String);

/// Binds the status page and tries the ports of all services.
///
/// A service binds its own port later, so this finds the usual conflict early and for all ports at once; it reserves
/// nothing.
///
/// # Errors
/// [`PortsTaken`], naming every port that cannot be had.
pub fn claim(page: &str, plans: &[Plan]) -> Result<TcpListener, PortsTaken> {
    let page_listener = bind::tcp_address(page, "--listen");
    let mut problems = Vec::new();
    if let Err(error) = &page_listener {
        problems.push(describe(
            "the status page",
            page,
            "--listen HOST:PORT",
            error,
        ));
    }
    for plan in plans {
        let name = plan.service.name;
        for address in plan.addresses() {
            // Bound and let go at once.
            if let Err(error) = bind::tcp_address(&address, "--service-address") {
                let way_out = format!("--service-address {name}=HOST:PORT");
                problems.push(describe(name, &address, &way_out, &error));
            }
        }
    }
    match page_listener {
        Ok(listener) if problems.is_empty() => Ok(listener),
        Ok(_) | Err(_) => Err(PortsTaken(problems.join("\n"))),
    }
}

fn describe(who: &str, address: &str, way_out: &str, error: &BindError) -> String {
    let mut text = format!("{who} cannot have {address}: {error}");
    for finding in error.findings() {
        let _ = write!(text, "; {}", finding.message);
    }
    let _ = write!(text, "; choose another with {way_out}");
    text
}

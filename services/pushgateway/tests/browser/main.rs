//! The page as its readers meet it: in a real browser, against the real program.
//!
//! Needs Debian's `chromium`; without it every test says so and ends. The browser is driven over its debugging pipe
//! (`chromium`), one for each test, so no driver and no port is needed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

mod chromium;
mod delete;
mod gateway;
mod groups;
mod hostile;
mod keyboard;
mod look;
mod no_script;
mod search;
mod tab;

/// Opens the page of a program with these flags and pushes, or ends the test when there is no browser.
macro_rules! open_page {
    ($gateway:ident, $tab:ident, $flags:expr, $pushes:expr) => {
        let Some(mut $tab) = crate::tab::Tab::open() else {
            return;
        };
        let $gateway = crate::gateway::Gateway::start($flags);
        for (path, body) in $pushes {
            assert_eq!($gateway.push(path, body), 200, "{path}");
        }
        $tab.go(&$gateway.url("/"));
    };
}
pub(crate) use open_page;

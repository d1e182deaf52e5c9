//! Health, the end of the program, and the deletion of many groups at once.
//!
//! Source: pushgateway handler/misc.go, handler/wipe.go, main.go.

use http::StatusCode;
use kit_http::{Response, error_response};
use percent_encoding::percent_decode_str;
use tracing::debug;

use super::Shared;
use crate::{
    answer,
    matcher::{Selector, SelectorError},
    store::group::Group,
};

impl Shared {
    pub(super) fn health(&self) -> Response {
        if self.store.is_overloaded() {
            tracing::warn!("write queue is full"); // upstream's text
            return error_response(StatusCode::INTERNAL_SERVER_ERROR, "write queue is full");
        }
        answer::plain(StatusCode::OK, "OK")
    }

    pub(super) fn quit(&self) -> Response {
        if !self.config.lifecycle {
            return answer::plain(StatusCode::FORBIDDEN, "Lifecycle API is not enabled."); // upstream's text
        }
        self.stop.trigger();
        answer::plain(StatusCode::OK, "Requesting termination... Goodbye!") // upstream's text
    }

    pub(super) async fn wipe(&self) -> Response {
        debug!("start wiping metric store"); // upstream's text
        let wiped = self.store.clear().await;
        // Nobody waits for the memory.
        drop(tokio::task::spawn_blocking(move || drop(wiped)));
        answer::empty(StatusCode::ACCEPTED)
    }

    /// Deletes the groups that `match[]` chooses, or with `dry-run=true` only says which. Ours.
    pub(super) async fn delete_matching(&self, query: &str) -> Response {
        let parameters = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let decoded = |text: &str| {
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        let (mut selectors, mut dry_run) = (Vec::new(), false);
        for (name, value) in parameters.map(|(name, value)| (decoded(name), decoded(value))) {
            match (name.as_str(), value.as_str()) {
                ("match[]", value) => match Selector::parse(value) {
                    Ok(selector) => selectors.push(selector),
                    Err(error) => return answer::bad_request(&kit_telemetry::chain(&error)),
                },
                ("dry-run", "true") => dry_run = true,
                ("dry-run", "false") | ("", "") => {}
                (name, value) => {
                    return answer::bad_request(&format!("unknown parameter {name}={value:?}"));
                }
            }
        }
        if selectors.is_empty() {
            return answer::bad_request(&SelectorError::Empty.to_string());
        }
        let chosen = |group: &Group| {
            selectors
                .iter()
                .any(|selector| selector.matches(&group.key))
        };
        let groups: Vec<_> = if dry_run {
            self.store
                .state()
                .groups
                .iter()
                .filter(|group| chosen(group))
                .cloned()
                .collect()
        } else {
            self.store.delete_where(chosen).await
        };
        answer::json(vec![crate::api_v1::groups(&groups, dry_run)])
    }
}

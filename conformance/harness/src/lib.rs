//! Runs one case, written in Markdown, against a program seen only from outside: its command line, its sockets, its
//! files and its log. The same words are put to upstream and to ours.
//!
//! Leaves to `conformance-suite`: the cases themselves, which services exist, and the order in which programs are judged.
//! Nothing here is shared with the services: the HTTP client, the exposition parser and the protobuf text form are the
//! judge's own, so that judge and judged cannot have a mistake in common.

pub mod body;
pub mod case;
pub mod check;
pub mod client;
pub mod command;
pub mod diff;
pub mod execute;
pub mod exposition;
pub mod json;
pub mod normalize;
pub mod ports;
pub mod process;
pub mod proto;
pub mod report;
pub mod service;

//! Prometheus Pushgateway, drop-in.

mod api_v1;
pub mod config;
pub mod flags;
mod group_key;
mod json;
mod local_time;
mod native;
mod persist;
mod reserved;
mod routes;
mod store;

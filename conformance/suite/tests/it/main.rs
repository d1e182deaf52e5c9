//! The suite as `cargo test` runs it: every case is read, and every case is put to ours.

mod cases;
mod command;
mod etcd;
mod etcdctl;

//! System and module calls.

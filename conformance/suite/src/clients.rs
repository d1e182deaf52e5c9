//! Placeholder until the client runs are written.

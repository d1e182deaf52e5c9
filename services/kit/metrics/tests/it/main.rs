//! The crate from outside: what is pushed in one format comes out in each of the others.

#[cfg(test)] // always so; it tells clippy that the helpers may unwrap
mod exposition;

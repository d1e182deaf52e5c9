//! Our files before upstream, and upstream's before us.

mod ours;
mod theirs;

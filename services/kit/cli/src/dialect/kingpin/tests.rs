//! kingpin.

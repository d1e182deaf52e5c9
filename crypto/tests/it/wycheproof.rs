//! Project Wycheproof's vectors, through the API that services use.
//!
//! A valid case must be accepted, an invalid one must not be. What the vectors leave open (`acceptable`) and what this
//! house refuses by rule or for want of an implementation is written down per provider in `snapshots`, and compared;
//! `INSTA_UPDATE=always` writes it anew.

mod aead;
mod agreement;
mod derivation;
mod kem;
mod mac;
mod signatures;
mod tally;

//! The only place in the house that touches ring or AWS-LC.
//!
//! Holds the rustls provider, the TLS configurations built on it, the policy of what is allowed, and the report that
//! says which module is inside. Exactly one of the features `ring`, `aws-lc` and `fips` chooses the provider; ring and
//! aws-lc-rs are API twins, so one source serves all three. Opening sockets and reading the environment are left to
//! kit-guard and kit-cli.

#[cfg(not(any(feature = "ring", feature = "aws-lc", feature = "fips")))]
compile_error!("crypto: choose a provider: --features ring | aws-lc | fips");
#[cfg(any(
    all(feature = "ring", feature = "aws-lc"),
    all(feature = "ring", feature = "fips"),
    all(feature = "aws-lc", feature = "fips")
))]
compile_error!(
    "crypto: ring, aws-lc and fips exclude each other; use --no-default-features --features <one>"
);
#[cfg(all(
    feature = "fips",
    not(all(target_os = "linux", target_pointer_width = "64"))
))]
compile_error!("crypto: the fips module is validated as a static library on 64-bit Linux only");

#[cfg(all(any(feature = "aws-lc", feature = "fips"), not(feature = "ring")))]
use aws_lc_rs as imp;
#[cfg(feature = "ring")]
use ring as imp;

pub mod aead;
#[cfg(all(test, feature = "fips"))]
mod approved;
mod compare;
pub mod digest;
#[cfg(feature = "test-util")]
pub mod fuzz;
pub mod hmac;
pub mod identifier;
pub mod jwt;
pub mod kdf;
pub mod linked;
#[doc(hidden)]
pub mod note;
pub mod password;
pub mod pki;
pub mod policy;
mod provider;
pub mod random;
pub mod report;
pub mod self_test;
pub mod settings;
pub mod sign;
mod start;
mod sys;
#[cfg(feature = "test-util")]
pub mod test_util;
pub mod tls;
pub mod verify;
pub mod x509;

pub use crate::{
    compare::constant_time_eq,
    policy::{PolicyError, Unsupported},
    provider::{Provider, provider},
    report::{Report, report},
    settings::Settings,
    start::{StartError, deliver_report, install, start},
};

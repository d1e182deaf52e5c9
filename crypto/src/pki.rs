//! Keys and certificates as they come in files: PEM, the key containers, and the fields of a certificate that
//! verification reads.

pub(crate) mod certificate;
pub(crate) mod crl;
pub(crate) mod encode;
pub(crate) mod extensions;
pub(crate) mod key;
pub(crate) mod name_syntax;
pub mod pem;

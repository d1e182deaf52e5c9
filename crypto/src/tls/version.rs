//! Protocol versions under the names operators write.

use crate::tls::{Dialect, TlsError};

/// A protocol version an operator may name. TLS 1.0 and 1.1 can be named but never negotiated.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Version {
    /// TLS 1.0: raised to 1.2 as a minimum, refused as a maximum (POL-006).
    Tls10,
    /// TLS 1.1: as 1.0.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// Reads a name in the spelling of `dialect`: toolkit `TLS12`, etcd `TLS1.2`.
    ///
    /// # Errors
    /// [`TlsError::UnknownVersion`] with upstream's text.
    pub fn parse(dialect: Dialect, name: &str) -> Result<Self, TlsError> {
        match (dialect, name) {
            (Dialect::Toolkit, "TLS10") => Ok(Self::Tls10),
            (Dialect::Toolkit, "TLS11") => Ok(Self::Tls11),
            (Dialect::Toolkit, "TLS12") | (Dialect::Etcd, "TLS1.2") => Ok(Self::Tls12),
            (Dialect::Toolkit, "TLS13") | (Dialect::Etcd, "TLS1.3") => Ok(Self::Tls13),
            _ => Err(TlsError::UnknownVersion {
                dialect,
                name: name.to_owned(),
            }),
        }
    }

    /// Reads a setting: as [`Version::parse`], and etcd's empty text leaves the choice to the default.
    ///
    /// # Errors
    /// As [`Version::parse`].
    pub fn parse_setting(dialect: Dialect, text: &str) -> Result<Option<Self>, TlsError> {
        if dialect == Dialect::Etcd && text.is_empty() {
            return Ok(None);
        }
        Self::parse(dialect, text).map(Some)
    }

    /// The name in the spelling of `dialect`.
    #[must_use]
    pub fn name(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Toolkit, Self::Tls10) => "TLS10",
            (Dialect::Toolkit, Self::Tls11) => "TLS11",
            (Dialect::Toolkit, Self::Tls12) => "TLS12",
            (Dialect::Toolkit, Self::Tls13) => "TLS13",
            (Dialect::Etcd, Self::Tls10) => "TLS1.0",
            (Dialect::Etcd, Self::Tls11) => "TLS1.1",
            (Dialect::Etcd, Self::Tls12) => "TLS1.2",
            (Dialect::Etcd, Self::Tls13) => "TLS1.3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;
    use crate::tls::Dialect;

    #[test]
    fn etcds_versions_are_two_names_or_nothing() {
        let read = |text| Version::parse_setting(Dialect::Etcd, text);
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("TLS1.2").unwrap(), Some(Version::Tls12));
        for refused in ["TLS1.1", "TLS1.0", "1.2", "TLS12"] {
            let text =
                format!("unexpected TLS version {refused:?} (must be one of: TLS1.2, TLS1.3)");
            assert_eq!(read(refused).unwrap_err().to_string(), text);
        }
        let toolkit = Version::parse_setting(Dialect::Toolkit, "").unwrap_err();
        assert_eq!(toolkit.to_string(), "unknown TLS version: ");
    }

    #[test]
    fn each_dialect_reads_its_own_spelling_and_refuses_the_other() {
        assert_eq!(
            Version::parse(Dialect::Toolkit, "TLS12").unwrap(),
            Version::Tls12
        );
        assert_eq!(
            Version::parse(Dialect::Etcd, "TLS1.3").unwrap(),
            Version::Tls13
        );
        let toolkit = Version::parse(Dialect::Toolkit, "TLS1.2").unwrap_err();
        assert_eq!(toolkit.to_string(), "unknown TLS version: TLS1.2");
        let etcd = Version::parse(Dialect::Etcd, "TLS11").unwrap_err();
        assert_eq!(
            etcd.to_string(),
            r#"unexpected TLS version "TLS11" (must be one of: TLS1.2, TLS1.3)"#
        );
    }
}

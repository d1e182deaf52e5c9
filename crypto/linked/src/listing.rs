//! What `cargo tree` prints, one crate a line: `rustls-webpki v0.103.16|webpki`, `crypto v0.1.0 (/folder)|crypto (*)`.

/// The format that is read here: the package, then the name of its library.
pub(crate) const FORMAT: &str = "{p}|{lib}";

/// The crates: name and version, and the library's name where it is not the package's.
pub(crate) fn crates(printed: &str) -> impl Iterator<Item = String> {
    printed.lines().filter_map(|line| {
        let (package, library) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        let library = library.split(' ').next().unwrap_or_default();
        if library.is_empty() || library == name.replace('-', "_") {
            Some(format!("{name} {version}"))
        } else {
            Some(format!("{name} {version} {library}"))
        }
    })
}

/// The folders of crates that lie on this machine, which are not in the lock file with a sum.
pub(crate) fn folders(printed: &str) -> impl Iterator<Item = &str> {
    printed.lines().filter_map(|line| {
        let (package, _) = line.split_once('|')?;
        let (_, folder) = package.split_once(" (")?;
        folder
            .strip_suffix(')')
            .filter(|folder| folder.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
        pushgateway v0.1.0 (/tree/services/pushgateway)|pushgateway\n\
        crypto v0.1.0 (/tree/crypto)|crypto (*)\n\
        rustls-webpki v0.103.16|webpki\n\
        rustls-pki-types v1.15.1|rustls_pki_types\n\
        some-macro v1.0.0 (proc-macro)|some_macro\n\
        only-a-program v1.0.0|\n";

    #[test]
    fn each_crate_is_one_line_with_its_library_where_that_differs() {
        let lines: Vec<_> = crates(PRINTED).collect();
        let expected = [
            "pushgateway 0.1.0",
            "crypto 0.1.0",
            "rustls-webpki 0.103.16 webpki",
            "rustls-pki-types 1.15.1",
            "some-macro 1.0.0",
            "only-a-program 1.0.0",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_folders_are_those_of_our_own_crates() {
        let folders: Vec<_> = folders(PRINTED).collect();
        assert_eq!(folders, ["/tree/services/pushgateway", "/tree/crypto"]);
    }
}

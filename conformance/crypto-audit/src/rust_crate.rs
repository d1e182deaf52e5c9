//! Crates of Rust, by the mangled names of their code: what a program really links, whatever its list says.

/// Crates that come with the compiler, or inside its library.
const STANDARD: [&str; 20] = [
    "__rustc",
    "addr2line",
    "adler2",
    "alloc",
    "cfg_if",
    "compiler_builtins",
    "core",
    "gimli",
    "hashbrown",
    "libc",
    "memchr",
    "miniz_oxide",
    "object",
    "panic_unwind",
    "proc_macro",
    "rustc_demangle",
    "std",
    "std_detect",
    "test",
    "unwind",
];

/// Longest name of a crate that is taken for one.
const NAME_BYTES_MAX: usize = 64;

/// The crate that a symbol's name begins with; `None` for names of other languages and of the standard library.
pub fn of(symbol: &str) -> Option<&str> {
    let name = match symbol.strip_prefix("_R") {
        Some(rest) => v0(rest),
        None => legacy(symbol),
    };
    name.filter(|name| !STANDARD.contains(name))
}

/// `_RNv..Cs<hash>_<length><name>..`: the first crate that is named. Source: Rust RFC 2603, symbol name mangling v0.
fn v0(name: &str) -> Option<&str> {
    let mut rest = name;
    loop {
        rest = &rest[rest.find("Cs")? + 2..];
        let hash_bytes = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let after = rest[hash_bytes..].strip_prefix('_');
        if let Some(name) = after.and_then(|text| counted(text, "_")) {
            return is_crate(name).then_some(name);
        }
    }
}

/// `_ZN<length><name>..17h<hash>E`: the first part of the path, or the type that a trait is implemented for.
fn legacy(symbol: &str) -> Option<&str> {
    let path = symbol.strip_prefix("_ZN")?;
    let path = path.split(".llvm.").next()?; // what link-time optimisation appends
    let hash = path.len().checked_sub("17h0123456789abcdefE".len())?;
    let is_rust = path.get(hash..)?.starts_with("17h") && path.ends_with('E');
    let first = counted(path, "").filter(|_| is_rust)?;
    let name = match first.strip_prefix("_$LT$") {
        Some(implementation) => implementation.split_once("..")?.0,
        None => first,
    };
    is_crate(name).then_some(name)
}

/// A length in decimal and as many bytes; `between` may stand between the two.
fn counted<'a>(text: &'a str, between: &str) -> Option<&'a str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let length: usize = text.get(..digits)?.parse().ok()?;
    let rest = &text[digits..];
    rest.strip_prefix(between).unwrap_or(rest).get(..length)
}

fn is_crate(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_is_found_in_both_manglings() {
        for (symbol, expected) in [
            ("_ZN4sha26digest17h0123456789abcdefE", "sha2"),
            ("_ZN4sha26digest17h0123456789abcdefE.llvm.1234", "sha2"),
            (
                "_ZN47_$LT$sha2..Sha256$u20$as$u20$digest..Update$GT$6update17h0123456789abcdefE",
                "sha2",
            ),
            ("_RNvNtCs1234_4sha26sha2566update", "sha2"),
            ("_RNvMs_NtCslYm9Xy_6rustls4confNtB4_6Config3new", "rustls"),
            ("_RINvNtCs9a_12tokio_stream4wrapC_3abcE", "tokio_stream"),
        ] {
            assert_eq!(of(symbol), Some(expected), "{symbol}");
        }
    }

    #[test]
    fn the_standard_library_and_other_languages_are_nobody() {
        for symbol in [
            "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
            "_RNvNtCs1234_3std2io4read",
            "_ZN6google8protobuf7Message4initEv",
            "_ZN4sha2E",
            "_ZN4sha2\u{20ac}7h0123456789abcdefE",
            "_ZN99999999999999999999sha217h0123456789abcdefE",
            "_RCs",
            "_R",
            "_ZN",
            "main",
            "",
        ] {
            assert_eq!(of(symbol), None, "{symbol}");
        }
    }
}

//! `--auth-token`: which tokens a member gives and believes.
//!
//! Key files are read here, once, at the start.
//!
//! Source: etcd v3.7 server/auth/store.go `decomposeOpts`, `NewTokenProvider`; options.go; jwt.go `newTokenProviderJWT`.

use std::{collections::BTreeMap, fs, io, path::PathBuf, time::Duration};

use crypto::{
    jwt::{Algorithm, JwtError, SigningKey, VerifyingKey},
    sign::{KeyError, PrivateKey},
    verify::{PublicKey, PublicKeyError},
};
use etcd_auth::{JwtConfig, TokenConfig};
use kit_cli::value::{self, DurationError};
use kit_telemetry::json;
use tracing::{error, warn};

/// Why there are no tokens as asked for.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The options cannot be read; why has been told.
    #[error("auth: invalid auth options")] // upstream's text
    Options,
    /// Neither key.
    #[error("auth: missing key data")] // upstream's text
    NoKey,
    /// Keys of two pairs.
    #[error("auth: public and private keys don't match")] // upstream's text
    OtherKey,
    /// Signed by nobody.
    #[error("unsupported signing method: *jwt.signingMethodNone")] // upstream's text
    Unsigned,
    /// No private key.
    #[error(transparent)]
    Private(#[from] KeyError),
    /// No public key.
    #[error(transparent)]
    Public(#[from] PublicKeyError),
    /// A key that is not for the method.
    #[error(transparent)]
    Key(#[from] JwtError),
}

/// Reads the setting, and the key files it names. `ttl` is that of simple tokens.
///
/// # Errors
/// [`TokenError`].
pub fn read(written: &str, ttl: Duration) -> Result<TokenConfig, TokenError> {
    let mut parts = written.split(',');
    let kind = parts.next().unwrap_or_default();
    let options = options(written, parts)?;
    match kind {
        "simple" => Ok(TokenConfig::Simple { ttl }),
        "jwt" => jwt(&options).map(TokenConfig::Jwt),
        "" => Ok(TokenConfig::None),
        other => {
            let error = TokenError::Options.to_string();
            warn!(r#type = other, error, "unknown token type"); // upstream's text
            Err(TokenError::Options)
        }
    }
}

/// Returns the key files that the setting names, whatever else is wrong with it.
#[must_use]
pub fn key_files(written: &str) -> Vec<PathBuf> {
    let options = written.split(',').filter_map(|part| part.split_once('='));
    let files = options.filter(|(name, _)| matches!(*name, "pub-key" | "priv-key"));
    files.map(|(_, path)| PathBuf::from(path)).collect()
}

type Options<'a> = BTreeMap<&'a str, &'a str>;

fn options<'a>(
    written: &str,
    parts: impl Iterator<Item = &'a str>,
) -> Result<Options<'a>, TokenError> {
    let mut options = BTreeMap::new();
    for part in parts {
        let pair = part
            .split_once('=')
            .filter(|(_, value)| !value.contains('='));
        let Some((name, value)) = pair else {
            error!(option = written, "invalid token option"); // upstream's text
            return Err(TokenError::Options);
        };
        if options.insert(name, value).is_some() {
            error!(
                option = written,
                "duplicate-parameter" = name,
                "invalid token option"
            ); // upstream's text
            return Err(TokenError::Options);
        }
    }
    Ok(options)
}

/// Why the options of signed tokens cannot be read. Told, and then said to be [`TokenError::Options`].
#[derive(Debug, thiserror::Error)]
enum JwtOptionError {
    #[error(transparent)]
    Ttl(#[from] DurationError),
    #[error("open {}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("auth: invalid auth signature method")] // upstream's text
    Method,
}

fn jwt(options: &Options<'_>) -> Result<JwtConfig, TokenError> {
    let (ttl_nanos, public, private, method) = jwt_options(options).map_err(|reason| {
        error!(error = %reason, "problem loading JWT options"); // upstream's text
        TokenError::Options
    })?;
    let unknown: Vec<_> = options
        .keys()
        .filter(|name| !KNOWN.contains(*name))
        .collect();
    if !unknown.is_empty() {
        warn!(keys = ?json(&unknown), "unknown JWT options"); // upstream's text
    }
    let Some(algorithm) = method else {
        return Err(TokenError::Unsigned);
    };
    let (verifying, signing) = match algorithm.scheme() {
        Some(_) => key_pair(algorithm, &public, &private)?,
        None if private.is_empty() => return Err(TokenError::NoKey),
        None => (
            VerifyingKey::from_secret(algorithm, &private)?,
            Some(SigningKey::from_secret(algorithm, &private)?),
        ),
    };
    Ok(JwtConfig {
        verifying,
        signing,
        ttl_nanos,
    })
}

/// Time, public and private file, method; no method for `none`.
type JwtOptions = (i64, Vec<u8>, Vec<u8>, Option<Algorithm>);

fn jwt_options(options: &Options<'_>) -> Result<JwtOptions, JwtOptionError> {
    let get = |name| options.get(name).copied().filter(|value| !value.is_empty());
    let ttl = get("ttl").map_or(Ok(TTL_DEFAULT), value::parse_go_duration)?;
    let file = |name| match get(name) {
        None => Ok(Vec::new()),
        Some(path) => fs::read(path).map_err(|source| JwtOptionError::File {
            path: path.into(),
            source,
        }),
    };
    let (public, private) = (file("pub-key")?, file("priv-key")?);
    let method = match get("sign-method") {
        Some("none") => None,
        method => Some(
            method
                .unwrap_or_default()
                .parse()
                .map_err(|_| JwtOptionError::Method)?,
        ),
    };
    Ok((ttl.nanoseconds(), public, private, method))
}

fn key_pair(
    algorithm: Algorithm,
    public: &[u8],
    private: &[u8],
) -> Result<(VerifyingKey, Option<SigningKey>), TokenError> {
    let given = |file: &[u8]| !file.is_empty();
    let private = given(private)
        .then(|| PrivateKey::from_pem(private))
        .transpose()?;
    let public = given(public)
        .then(|| PublicKey::from_pem(public))
        .transpose()?;
    match (private, public) {
        (None, None) => Err(TokenError::NoKey),
        (None, Some(public)) => Ok((VerifyingKey::new(algorithm, public)?, None)),
        (Some(private), Some(public)) if private.public() != public => Err(TokenError::OtherKey),
        (Some(private), _) => {
            let signing = SigningKey::new(algorithm, private)?;
            Ok((signing.verifying(), Some(signing)))
        }
    }
}

const KNOWN: [&str; 4] = ["sign-method", "pub-key", "priv-key", "ttl"];
const TTL_DEFAULT: value::GoDuration = value::GoDuration::from_nanoseconds(300_000_000_000);

#[cfg(test)]
mod tests {
    use crypto::sign::KeyKind;
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    const TTL: Duration = Duration::from_secs(1);

    /// A folder with the files `private`, `public`, `other`, `secret`, `empty`.
    fn keys() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let key = PrivateKey::generate(KeyKind::P256).unwrap();
        let other = PrivateKey::generate(KeyKind::P256).unwrap();
        put("private", &key.to_pkcs8_pem());
        put("public", &pem(&key));
        put("other", &pem(&other));
        put("secret", "0123456789abcdef");
        put("empty", "");
        folder
    }

    fn pem(key: &PrivateKey) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let body = STANDARD.encode(key.spki_der());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    fn jwt(folder: &TempDir, options: &str) -> Result<JwtConfig, String> {
        let options = options.replace('@', &format!("{}/", folder.path().display()));
        match read(&format!("jwt,{options}"), TTL) {
            Ok(TokenConfig::Jwt(config)) => Ok(config),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[track_caller]
    fn refused(options: &str, text: &str) {
        assert_eq!(jwt(&keys(), options).unwrap_err(), text);
    }

    #[test]
    fn simple_tokens_have_their_time_and_nothing_is_none() {
        assert!(matches!(read("simple", TTL), Ok(TokenConfig::Simple { ttl }) if ttl == TTL));
        assert!(matches!(
            read("simple,a=b", TTL),
            Ok(TokenConfig::Simple { .. })
        ));
        assert!(matches!(read("", TTL), Ok(TokenConfig::None)));
    }

    #[test]
    fn a_pair_signs_and_a_public_key_only_believes() {
        let folder = keys();
        let pair = jwt(
            &folder,
            "pub-key=@public,priv-key=@private,sign-method=ES256",
        )
        .unwrap();
        assert!(pair.signing.is_some());
        assert_eq!(pair.ttl_nanos, 300_000_000_000);
        let private = jwt(&folder, "priv-key=@private,sign-method=ES256,ttl=1m,more=1").unwrap();
        assert_eq!(private.ttl_nanos, 60_000_000_000);
        let token = private.signing.unwrap().sign(&Default::default()).unwrap();
        let public = jwt(&folder, "pub-key=@public,priv-key=@empty,sign-method=ES256").unwrap();
        assert!(public.signing.is_none());
        public.verifying.verify(&token, 0).unwrap();
        let secret = jwt(&folder, "priv-key=@secret,sign-method=HS256").unwrap();
        assert!(secret.signing.is_some());
    }

    #[test]
    fn options_that_make_no_sense_are_refused_in_upstreams_words() {
        let invalid = "auth: invalid auth options";
        refused("", invalid);
        refused("a", invalid);
        refused("a=b=c", invalid);
        refused("sign-method=ES256,sign-method=ES256", invalid);
        refused("priv-key=@private", invalid);
        refused("priv-key=@private,sign-method=XX", invalid);
        refused("priv-key=@nope,sign-method=ES256", invalid);
        refused("priv-key=@private,sign-method=ES256,ttl=1d", invalid);
        refused("sign-method=ES256", "auth: missing key data");
        refused(
            "sign-method=HS256,pub-key=@secret",
            "auth: missing key data",
        );
        refused(
            "pub-key=@other,priv-key=@private,sign-method=ES256",
            "auth: public and private keys don't match",
        );
        refused(
            "sign-method=none",
            "unsupported signing method: *jwt.signingMethodNone",
        );
        refused(
            "priv-key=@private,sign-method=RS256",
            "the key does not fit RS256",
        );
        assert_eq!(read("foo", TTL).unwrap_err().to_string(), invalid);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_refused(written in "(jwt|simple|x)?(,(ttl|sign-method|.{0,3})(=(ES256|1s|.{0,3}))?){0,3}") {
            let _ = read(&written, TTL);
        }
    }
}

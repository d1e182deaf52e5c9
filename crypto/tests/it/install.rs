//! The start of a program.

use crypto::{Settings, StartError};

#[test]
fn installing_twice_with_the_same_settings_is_harmless_and_with_others_an_error() {
    let report = crypto::install(&Settings::default()).unwrap();
    assert_eq!(report.provider(), crypto::provider().name());
    crypto::install(&Settings::default()).unwrap();
    let others = Settings {
        post_quantum: false,
        ..Settings::default()
    };
    assert!(matches!(
        crypto::install(&others),
        Err(StartError::AlreadyInstalled)
    ));
    let installed = rustls::crypto::CryptoProvider::get_default().unwrap();
    assert_eq!(installed.fips(), cfg!(feature = "fips"));
}

#[cfg(not(feature = "fips"))]
#[test]
fn a_program_that_must_be_fips_does_not_start_from_another_build() {
    let settings = Settings {
        require_fips: true,
        ..Settings::default()
    };
    let error = crypto::install(&settings).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("CRYPTO_REQUIRE_FIPS=1, but this program is built with provider ")
    );
    assert_eq!(StartError::EXIT_CODE, 78);
}

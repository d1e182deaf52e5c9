//! The `unsafe` of this crate: the places of notes in the program file, and the module's C functions that aws-lc-rs does
//! not offer.
#![expect(unsafe_code, reason = "a link section, and the module's C functions")]

use crate::note::{self, Note};

// SAFETY: the section is ours alone, and `Note` is plain bytes laid out as the ELF specification says.
#[used]
#[unsafe(link_section = ".note.casemate.crypto")]
static REPORT: Note<{ note::padded(crate::report::STATIC) }> =
    Note::new(note::REPORT, crate::report::STATIC);

/// The static report as it stands in the program file.
pub(crate) fn static_report() -> &'static str {
    REPORT.text()
}

/// Embeds the list of crates that this program links in its file and returns it as [`Crates`](crate::linked::Crates),
/// for [`start`](crate::start). For programs whose build script calls `crypto_linked::write()`; once in each.
#[macro_export]
macro_rules! linked_crates {
    () => {{
        use $crate::{linked::Crates, note};

        const TEXT: &str = include!(concat!(env!("OUT_DIR"), "/linked_crates.rs"));
        // SAFETY: the section is ours alone, and `Note` is plain bytes laid out as the ELF specification says.
        #[used]
        #[expect(unsafe_code, reason = "a link section")]
        #[unsafe(link_section = ".note.casemate.crates")]
        static CRATES: note::Note<{ note::padded(TEXT) }> = note::Note::new(note::CRATES, TEXT);
        Crates::in_note(&CRATES)
    }};
}

/// The validated module, asked directly.
#[cfg(feature = "fips")]
pub(crate) mod module {
    use std::{ffi::CStr, ptr};

    use aws_lc_fips_sys as ffi;

    /// True when the module runs in FIPS mode.
    pub(crate) fn is_in_fips_mode() -> bool {
        // SAFETY: takes nothing and reads a constant.
        unsafe { ffi::FIPS_mode() == 1 }
    }

    /// The module's name for itself, such as `AWS-LC FIPS 3.1.0`.
    pub(crate) fn version() -> String {
        // SAFETY: takes nothing and returns a static string.
        let text = unsafe { ffi::awslc_version_string() };
        // SAFETY: the string is static and ends in NUL, as its header promises.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    }

    /// Runs the known-answer tests now.
    pub(crate) fn known_answers_hold() -> bool {
        // SAFETY: takes nothing; may be called at any time from any thread.
        unsafe { ffi::BORINGSSL_self_test() == 1 }
    }

    /// Compares the module's bytes with the HMAC made when it was built.
    pub(crate) fn is_intact() -> bool {
        // SAFETY: takes nothing; may be called at any time from any thread.
        unsafe { ffi::BORINGSSL_integrity_test() == 1 }
    }

    /// Runs `operation` and says whether the module counted it as an approved service.
    pub(crate) fn is_approved(operation: impl FnOnce()) -> bool {
        // SAFETY: reads a counter of this thread.
        let before = unsafe { ffi::FIPS_service_indicator_before_call() };
        operation();
        // SAFETY: reads a counter of this thread.
        let after = unsafe { ffi::FIPS_service_indicator_after_call() };
        before != after
    }

    /// MD5 of nothing, thrown away: what the service indicator must not count.
    pub(crate) fn run_md5() {
        let mut digest = [0_u8; 16];
        // SAFETY: returns a static description.
        let md5 = unsafe { ffi::EVP_md5() };
        let (empty, engine) = (ptr::null(), ptr::null_mut());
        // SAFETY: no input is read for length 0, and `digest` has the 16 bytes MD5 writes.
        let done =
            unsafe { ffi::EVP_Digest(empty, 0, digest.as_mut_ptr(), ptr::null_mut(), md5, engine) };
        assert_eq!(done, 1, "the module has MD5, outside its approved services");
    }

    /// Makes an RSA key of 1024 bits, signs with it and throws both away.
    pub(crate) fn run_rsa_1024() {
        let digest = [7_u8; 32];
        let (mut signature, mut signature_bytes) = ([0_u8; 128], 0);
        // SAFETY: allocates; freed below.
        let (rsa, exponent) = unsafe { (ffi::RSA_new(), ffi::BN_new()) };
        assert!(!rsa.is_null() && !exponent.is_null(), "memory for one key");
        // SAFETY: `exponent` was just allocated.
        let mut done = unsafe { ffi::BN_set_word(exponent, 65_537) };
        // SAFETY: both were just allocated; no callback.
        done &= unsafe { ffi::RSA_generate_key_ex(rsa, 1024, exponent, ptr::null_mut()) };
        if done == 1 {
            let nid = ffi::NID_sha256;
            // SAFETY: `digest` has the 32 bytes of SHA-256, `signature` the 128 of a 1024-bit modulus.
            done = unsafe {
                ffi::RSA_sign(
                    nid,
                    digest.as_ptr(),
                    32,
                    signature.as_mut_ptr(),
                    &raw mut signature_bytes,
                    rsa,
                )
            };
        }
        // SAFETY: allocated above and not used again.
        unsafe { ffi::BN_free(exponent) };
        // SAFETY: allocated above and not used again.
        unsafe { ffi::RSA_free(rsa) };
        assert_eq!(
            done, 1,
            "the module signs with small keys, outside its approved services"
        );
    }
}

//! The `unsafe` of this crate: the static report's place in the program file, and the module's C functions that
//! aws-lc-rs does not offer.
#![expect(unsafe_code, reason = "a link section, and the module's C functions")]

/// An ELF note (`Elf_Nhdr`, name, description). Notes survive `strip` and the linker's garbage collection.
#[repr(C, align(4))]
struct Note {
    name_bytes: u32,
    description_bytes: u32,
    kind: u32,
    name: [u8; NOTE_NAME.len()],
    description: [u8; DESCRIPTION_BYTES],
}

/// Padded to a multiple of four; the length in the header is without the padding.
const NOTE_NAME: [u8; 12] = *b"casemate\0\0\0\0";
const NOTE_NAME_BYTES: u32 = 9;
const NOTE_KIND: u32 = 1;
const DESCRIPTION_BYTES: usize = crate::report::STATIC.len().next_multiple_of(4);

// SAFETY: the section is ours alone, and `Note` is plain bytes laid out as the ELF specification says.
#[used]
#[unsafe(link_section = ".note.casemate.crypto")]
static NOTE: Note = {
    let text = crate::report::STATIC.as_bytes();
    let mut description = [0; DESCRIPTION_BYTES];
    let mut at = 0;
    while at < text.len() {
        description[at] = text[at];
        at += 1;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the text is a few hundred bytes"
    )]
    let description_bytes = text.len() as u32;
    Note {
        name_bytes: NOTE_NAME_BYTES,
        description_bytes,
        kind: NOTE_KIND,
        name: NOTE_NAME,
        description,
    }
};

/// The static report as it stands in the program file.
pub(crate) fn note_text() -> &'static str {
    let note = std::hint::black_box(&NOTE); // read the section itself, not a copy the compiler folded in
    let bytes = note
        .description
        .get(..note.description_bytes as usize)
        .unwrap_or_default();
    let header_is_whole =
        note.name_bytes == NOTE_NAME_BYTES && note.kind == NOTE_KIND && note.name == NOTE_NAME;
    if header_is_whole {
        std::str::from_utf8(bytes).unwrap_or_default()
    } else {
        ""
    }
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

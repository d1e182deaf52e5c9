//! Names of every family, and names that only look alike.

use super::*;

#[track_caller]
fn check(name: &str, reach: Reach, expected: Option<(Family, Option<&str>)>) {
    let expected = expected.map(|(family, version)| (family, version.map(str::to_owned)));
    assert_eq!(of(name, reach), expected, "{name}");
}

#[test]
fn each_provider_is_known_by_its_prefix_and_version() {
    for reach in [Reach::Global, Reach::Local] {
        let of = |provider, version| Some((Family::Of(provider), Some(version)));
        check(
            "ring_core_0_17_14__aes_hw_encrypt",
            reach,
            of(Provider::Ring, "0.17.14"),
        );
        check(
            "aws_lc_0_43_0_EVP_sha256",
            reach,
            of(Provider::AwsLc, "0.43.0"),
        );
        check(
            "aws_lc_fips_0_13_11_awslc_version_string",
            reach,
            of(Provider::Fips, "0.13.11"),
        );
    }
}

#[test]
fn a_second_stack_is_known_by_its_bare_names() {
    for name in [
        "SSL_CTX_new",
        "EVP_DigestInit_ex",
        "OPENSSL_init_ssl",
        "EVP_anything",
    ] {
        check(name, Reach::Global, Some((Family::Unprefixed, None)));
    }
    check(
        "SSL_CTX_new",
        Reach::Local,
        Some((Family::Unprefixed, None)),
    );
}

#[test]
fn names_inside_an_object_of_aws_lc_are_no_second_stack() {
    check("EVP_PKEY_kem_new", Reach::Local, None);
    check("EVP_MD_pctx_ops_storage_bss_get", Reach::Local, None);
}

#[test]
fn other_names_belong_to_nobody() {
    for name in [
        "main",
        "_ZN9aws_lc_rs6digest",
        "aws_lc_rs_init",
        "ring_core_",
        "aws_lc_0_1",
        "MY_EVP_x",
        "",
    ] {
        check(name, Reach::Global, None);
    }
}

#[test]
fn libraries_of_others_are_known_by_their_names() {
    for (name, family) in [
        ("_goboringcrypto_EVP_sha256", "go-boringcrypto"),
        ("crypto/internal/fips140/sha256.block", "go-fips140"),
        ("crypto/sha256.(*digest).Write", "go"),
        ("gnutls_init", "gnutls"),
        ("gcry_md_open", "libgcrypt"),
        ("mbedtls_ssl_init", "mbedtls"),
        ("nettle_sha256_init", "nettle"),
        ("PK11_Sign", "nss"),
        ("wolfSSL_new", "wolfssl"),
    ] {
        check(name, Reach::Local, Some((Family::Foreign(family), None)));
    }
}

#[test]
fn a_hostile_table_fills_no_memory_with_versions() {
    let mut counts = Counts::new();
    for version in 0..10_000 {
        count(
            &mut counts,
            &format!("ring_core_{version}_0_0__x"),
            Reach::Local,
        );
    }
    let ring = &counts[&Family::Of(Provider::Ring)];
    assert_eq!((ring.symbols, ring.versions.len()), (10_000, VERSIONS_MAX));
}

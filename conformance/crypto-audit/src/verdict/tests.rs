//! Verdicts on evidence as real programs leave it, and on every way to be wrong.

use super::*;
use std::collections::BTreeSet;

use crate::claim::{Build, Module};
use crate::family::{self, Counts, Reach};

fn claim(provider: Provider) -> Claim {
    let (version, status, certificate) = match provider {
        Provider::Ring => ("0.17.14", "none", None),
        Provider::AwsLc => ("0.43.0", "none", None),
        Provider::Fips => ("AWS-LC FIPS 3.1.0", "validated", Some("#5314".to_owned())),
    };
    let module = Module {
        name: "module".to_owned(),
        version: version.to_owned(),
        status: status.to_owned(),
        certificate,
    };
    Claim {
        provider,
        module,
        build: Build {
            features: vec![provider.to_string()],
        },
        whole: serde_json::Value::Null,
    }
}

fn list(text: &str) -> Vec<BTreeSet<crates::Crate>> {
    vec![crates::read(text.as_bytes()).unwrap()]
}

/// The evidence of an honest program.
fn honest(provider: Provider) -> Evidence {
    let mut families = Counts::new();
    let names: &[&str] = match provider {
        Provider::Ring => &[
            "ring_core_0_17_14__aes_hw_encrypt",
            "ring_core_0_17_14__p256_mul",
        ],
        Provider::AwsLc => &["aws_lc_0_43_0_EVP_sha256"],
        Provider::Fips => &["aws_lc_fips_0_13_11_awslc_version_string"],
    };
    names
        .iter()
        .for_each(|name| family::count(&mut families, name, Reach::Local));
    Evidence {
        families,
        has_symbols: true,
        defines_fips_version: provider == Provider::Fips,
        has_fips_mark: provider == Provider::Fips,
        claims: vec![claim(provider)],
        lists: list(match provider {
            Provider::Ring => "bcrypt 0.19.3\nring 0.17.14\n",
            Provider::AwsLc => "aws-lc-rs 1.17.1\naws-lc-sys 0.43.0\n",
            Provider::Fips => "aws-lc-rs 1.17.1\naws-lc-fips-sys 0.13.11\n",
        }),
        ..Evidence::default()
    }
}

fn stripped(provider: Provider) -> Evidence {
    Evidence {
        families: Counts::new(),
        has_symbols: false,
        defines_fips_version: false,
        ..honest(provider)
    }
}

#[track_caller]
fn check(evidence: &Evidence, expected: Option<Provider>, mismatches: &[Mismatch]) {
    assert_eq!(judge(evidence, expected, Symbols::Needed), mismatches);
}

#[test]
fn honest_programs_pass_with_and_without_an_expectation() {
    for provider in Provider::ALL {
        check(&honest(provider), Some(provider), &[]);
        check(&honest(provider), None, &[]);
    }
}

#[test]
fn another_provider_than_expected_is_a_mismatch_of_report_and_symbols() {
    check(
        &honest(Provider::Ring),
        Some(Provider::AwsLc),
        &[
            Mismatch::Provider {
                expected: Provider::AwsLc,
                claimed: Provider::Ring,
            },
            Mismatch::Foreign {
                family: Family::Of(Provider::Ring),
                symbols: 2,
            },
            Mismatch::Missing(Provider::AwsLc),
        ],
    );
}

#[test]
fn a_second_provider_in_the_program_is_a_mismatch() {
    for planted in [
        "ring_core_0_17_14__x",
        "aws_lc_0_43_0_x",
        "SSL_CTX_new",
        "EVP_sha256",
    ] {
        let mut evidence = honest(Provider::Fips);
        family::count(&mut evidence.families, planted, Reach::Global);
        let family = family::of(planted, Reach::Global).unwrap().0;
        check(
            &evidence,
            Some(Provider::Fips),
            &[Mismatch::Foreign { family, symbols: 1 }],
        );
    }
}

#[test]
fn two_versions_of_one_provider_are_a_mismatch() {
    let mut evidence = honest(Provider::Fips);
    family::count(
        &mut evidence.families,
        "aws_lc_fips_0_13_17_x",
        Reach::Local,
    );
    let found = vec!["0.13.11".to_owned(), "0.13.17".to_owned()];
    check(
        &evidence,
        None,
        &[Mismatch::Version {
            claimed: "0.13.11".to_owned(),
            found,
        }],
    );
}

#[test]
fn a_newer_crate_that_calls_itself_validated_is_a_mismatch() {
    let mut evidence = honest(Provider::Fips);
    evidence.families.clear();
    family::count(
        &mut evidence.families,
        "aws_lc_fips_0_13_17_awslc_version_string",
        Reach::Local,
    );
    let found = vec!["0.13.17".to_owned()];
    check(
        &evidence,
        None,
        &[Mismatch::Version {
            claimed: "0.13.11".to_owned(),
            found,
        }],
    );
}

#[test]
fn a_report_that_claims_a_module_that_is_not_there_is_a_mismatch() {
    let liar = Evidence {
        claims: vec![claim(Provider::Fips)],
        lists: honest(Provider::Fips).lists,
        ..stripped(Provider::Ring)
    };
    assert_eq!(
        judge(&liar, None, Symbols::MayBeStripped),
        [Mismatch::NoFipsModule]
    );
}

#[test]
fn a_module_the_report_is_silent_about_is_a_mismatch() {
    let silent = Evidence {
        claims: vec![claim(Provider::AwsLc)],
        lists: honest(Provider::AwsLc).lists,
        ..stripped(Provider::Fips)
    };
    assert_eq!(
        judge(&silent, None, Symbols::MayBeStripped),
        [Mismatch::UnclaimedFipsModule]
    );
}

#[test]
fn the_version_function_must_be_code() {
    let evidence = Evidence {
        defines_fips_version: false,
        ..honest(Provider::Fips)
    };
    check(&evidence, None, &[Mismatch::NoFipsVersion]);
}

#[test]
fn only_listed_modules_may_claim_a_certificate() {
    let claims = [
        ("AWS-LC FIPS 3.1.0", None),
        ("AWS-LC FIPS 3.1.0", Some("#1")),
        ("AWS-LC FIPS 9.9.9", Some("#5314")),
    ];
    for (version, certificate) in claims {
        let mut claim = claim(Provider::Fips);
        claim.module.version = version.to_owned();
        claim.module.certificate = certificate.map(str::to_owned);
        let evidence = Evidence {
            claims: vec![claim],
            ..stripped(Provider::Fips)
        };
        let certificate = certificate.map(str::to_owned);
        let expected = Mismatch::Certificate {
            version: version.to_owned(),
            certificate,
        };
        assert!(judge(&evidence, None, Symbols::MayBeStripped).contains(&expected));
    }
}

#[test]
fn a_report_built_with_other_features_than_its_provider_is_a_mismatch() {
    let mut claim = claim(Provider::Ring);
    claim.build.features = vec!["ring".to_owned(), "fips".to_owned()];
    let features = claim.build.features.clone();
    let evidence = Evidence {
        claims: vec![claim],
        ..honest(Provider::Ring)
    };
    check(
        &evidence,
        None,
        &[Mismatch::Features {
            provider: Provider::Ring,
            features,
        }],
    );
}

#[test]
fn no_report_and_two_reports_are_mismatches() {
    let none = Evidence {
        claims: Vec::new(),
        ..honest(Provider::Ring)
    };
    check(&none, Some(Provider::Ring), &[Mismatch::NoReport]);
    let two = Evidence {
        claims: vec![claim(Provider::Ring), claim(Provider::Fips)],
        ..honest(Provider::Ring)
    };
    check(&two, Some(Provider::Ring), &[Mismatch::SeveralReports(2)]);
}

#[test]
fn a_stripped_program_passes_only_where_that_is_allowed() {
    check(
        &stripped(Provider::Fips),
        Some(Provider::Fips),
        &[Mismatch::NoSymbols],
    );
    assert!(
        judge(
            &stripped(Provider::Fips),
            Some(Provider::Fips),
            Symbols::MayBeStripped
        )
        .is_empty()
    );
}

#[test]
fn names_wanted_from_shared_libraries_are_judged_in_a_stripped_program_too() {
    let mut evidence = stripped(Provider::Ring);
    family::count(&mut evidence.families, "SSL_CTX_new", Reach::Global);
    let foreign = Mismatch::Foreign {
        family: Family::Unprefixed,
        symbols: 1,
    };
    assert_eq!(
        judge(&evidence, Some(Provider::Ring), Symbols::MayBeStripped),
        [foreign]
    );
}

#[test]
fn a_shared_library_of_another_stack_is_a_mismatch() {
    let evidence = Evidence {
        libraries: ["libc.so.6", "libssl.so.3"].map(str::to_owned).into(),
        ..honest(Provider::Ring)
    };
    check(
        &evidence,
        None,
        &[Mismatch::Library("libssl.so.3".to_owned())],
    );
}

#[test]
fn no_list_and_two_lists_of_crates_are_mismatches() {
    for (lists, expected) in [
        (Vec::new(), Mismatch::NoList),
        (
            vec![BTreeSet::new(), BTreeSet::new()],
            Mismatch::SeveralLists(2),
        ),
    ] {
        let evidence = Evidence {
            lists,
            ..honest(Provider::Ring)
        };
        check(&evidence, None, &[expected]);
    }
}

#[test]
fn a_list_that_names_what_may_not_stand_beside_the_provider_is_a_mismatch() {
    let evidence = Evidence {
        lists: list("aws-lc-fips-sys 0.13.11\naws-lc-rs 1.17.1\nring 0.17.14\nsha2 0.10.9\n"),
        ..honest(Provider::Fips)
    };
    let forbidden = |name: &str, version: &str| Mismatch::ForbiddenCrate {
        name: name.to_owned(),
        version: version.to_owned(),
        provider: Provider::Fips,
    };
    check(
        &evidence,
        None,
        &[forbidden("ring", "0.17.14"), forbidden("sha2", "0.10.9")],
    );
}

#[test]
fn a_list_of_another_build_than_the_report_is_a_mismatch() {
    let evidence = Evidence {
        lists: list("aws-lc-fips-sys 0.13.17\n"),
        ..honest(Provider::Fips)
    };
    let version = Mismatch::ListedVersion {
        name: "aws-lc-fips-sys",
        listed: "0.13.17".to_owned(),
        claimed: "0.13.11".to_owned(),
    };
    check(
        &evidence,
        None,
        &[Mismatch::MissingCrate("aws-lc-rs"), version],
    );
}

#[test]
fn cryptography_that_the_list_does_not_name_is_a_mismatch() {
    let evidence = Evidence {
        code: ["bcrypt", "ring", "sha2", "want"].map(str::to_owned).into(),
        ..honest(Provider::Ring)
    };
    check(
        &evidence,
        None,
        &[Mismatch::UnlistedCode("sha2".to_owned())],
    );
}

#[test]
fn a_note_that_cannot_be_read_is_a_mismatch() {
    let evidence = Evidence {
        broken_notes: 1,
        ..honest(Provider::Ring)
    };
    check(&evidence, None, &[Mismatch::BrokenNotes(1)]);
}

//! Where Go and bare webpki differ, we follow Go (section 7 of the specification).

use crypto::{
    test_util::{
        Authority, KeyKind, Pair, ca, ca_with,
        rcgen::{
            BasicConstraints, CertificateParams, CidrSubnet, CustomExtension,
            ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints, date_time_ymd,
        },
        server_cert,
    },
    tls::{ClientConfigBuilder, ServerConfigBuilder, TrustStore, Version},
};

use crate::pipe::{Failure, connect, identity, trust};

/// Our client, trusting `roots`, meets a server that shows `chain`.
fn attempt(
    roots: TrustStore,
    leaf: &Pair,
    above: &[&Authority],
    host: &'static str,
) -> Result<(), String> {
    let mut pair = leaf.clone();
    for authority in above {
        pair.certificate.push_str(&authority.certificate);
    }
    let server = ServerConfigBuilder::new(identity(&pair)).build().unwrap();
    let client = ClientConfigBuilder::new(roots).build().unwrap();
    match connect(&client.config, &server.config, host) {
        Ok(_) => Ok(()),
        Err(Failure::Client(text)) => Err(text
            .trim_start_matches("tls: failed to verify certificate: x509: ")
            .to_owned()),
        Err(Failure::Server(text)) => panic!("the server gave up: {text}"),
    }
}

fn leaf(authority: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Pair {
    authority.issue(KeyKind::P256, &["server.test"], change)
}

fn usages(usages: &[ExtendedKeyUsagePurpose]) -> impl FnOnce(&mut CertificateParams) {
    let usages = usages.to_vec();
    move |params| params.extended_key_usages = usages
}

#[test]
fn a_server_certificate_that_is_an_authority_is_accepted() {
    let authority = ca("root");
    let pair = leaf(&authority, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)
    });
    assert_eq!(
        attempt(trust(&authority), &pair, &[], "server.test"),
        Ok(())
    );
}

#[test]
fn a_leaf_in_the_trust_file_needs_no_authority() {
    let pair = server_cert(&ca("nobody knows it"), &["server.test"]);
    let roots = || TrustStore::from_pem(pair.certificate.as_bytes());
    assert_eq!(attempt(roots(), &pair, &[], "server.test"), Ok(()));
    assert_eq!(
        attempt(roots(), &pair, &[], "other.test"),
        Err("certificate is valid for server.test, not other.test".to_owned())
    );
}

#[test]
fn an_expired_authority_is_not_trusted() {
    let authority = ca_with("old root", KeyKind::P256, |params| {
        params.not_after = date_time_ymd(2001, 2, 3)
    });
    let pair = server_cert(&authority, &["server.test"]);
    let error = attempt(trust(&authority), &pair, &[], "server.test").unwrap_err();
    assert!(
        error.starts_with("certificate has expired or is not yet valid: current time 2"),
        "{error}"
    );
    assert!(
        error.ends_with("Z is after 2001-02-03T00:00:00Z"),
        "{error}"
    );
}

#[test]
fn times_are_checked_on_the_leaf() {
    let authority = ca("root");
    let expired = leaf(&authority, |params| {
        params.not_after = date_time_ymd(2001, 2, 3)
    });
    let error = attempt(trust(&authority), &expired, &[], "server.test").unwrap_err();
    assert!(
        error.starts_with("certificate has expired or is not yet valid: current time 2"),
        "{error}"
    );
    assert!(
        error.ends_with("Z is after 2001-02-03T00:00:00Z"),
        "{error}"
    );
    let early = leaf(&authority, |params| {
        params.not_before = date_time_ymd(2901, 2, 3)
    });
    let error = attempt(trust(&authority), &early, &[], "server.test").unwrap_err();
    assert!(
        error.ends_with("Z is before 2901-02-03T00:00:00Z"),
        "{error}"
    );
}

#[test]
fn usages_are_checked_on_every_certificate_of_the_chain() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};

    let authority = ca("root");
    let check = |above: &[ExtendedKeyUsagePurpose], below: &[ExtendedKeyUsagePurpose]| {
        let middle = authority.intermediate("middle", usages(above));
        attempt(
            trust(&authority),
            &leaf(&middle, usages(below)),
            &[&middle],
            "server.test",
        )
    };
    let incompatible = Err("certificate specifies an incompatible key usage".to_owned());
    assert_eq!(check(&[], &[ServerAuth]), Ok(()));
    assert_eq!(check(&[ServerAuth], &[Any]), Ok(()));
    assert_eq!(check(&[Any], &[]), Ok(()));
    assert_eq!(check(&[], &[ClientAuth]), incompatible);
    assert_eq!(check(&[ClientAuth], &[ServerAuth]), incompatible);
}

#[test]
fn chains_of_intermediates_are_built_in_any_order() {
    let root = ca("root");
    let one = root.intermediate("one", |_| ());
    let two = one.intermediate("two", |_| ());
    let pair = leaf(&two, |_| ());
    assert_eq!(
        attempt(trust(&root), &pair, &[&one, &two], "server.test"),
        Ok(())
    );
    assert_eq!(
        attempt(trust(&root), &pair, &[&two, &one], "server.test"),
        Ok(())
    );
    let unknown = Err("certificate signed by unknown authority".to_owned());
    assert_eq!(
        attempt(trust(&root), &pair, &[&one], "server.test"),
        unknown
    );
    // An intermediate in the trust file is enough, root or not.
    assert_eq!(attempt(trust(&two), &pair, &[], "server.test"), Ok(()));
}

#[test]
fn a_path_length_is_kept() {
    let limited = ca_with("root", KeyKind::P256, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))
    });
    let middle = limited.intermediate("middle", |_| ());
    let error = attempt(
        trust(&limited),
        &leaf(&middle, |_| ()),
        &[&middle],
        "server.test",
    )
    .unwrap_err();
    assert!(
        error.contains("too many intermediates for path length constraint"),
        "{error}"
    );
    assert_eq!(
        attempt(trust(&limited), &leaf(&limited, |_| ()), &[], "server.test"),
        Ok(())
    );
}

#[test]
fn a_certificate_that_is_no_authority_cannot_sign() {
    let root = ca("root");
    let fake = root.intermediate("fake", |params| params.is_ca = IsCa::ExplicitNoCa);
    let error = attempt(trust(&root), &leaf(&fake, |_| ()), &[&fake], "server.test").unwrap_err();
    assert!(
        error.contains("parent certificate cannot sign this kind of certificate"),
        "{error}"
    );
}

#[test]
fn an_unknown_critical_extension_is_refused() {
    let authority = ca("root");
    let with = |critical| {
        leaf(&authority, |params| {
            let mut extension =
                CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
            extension.set_criticality(critical);
            params.custom_extensions.push(extension);
        })
    };
    assert_eq!(
        attempt(trust(&authority), &with(false), &[], "server.test"),
        Ok(())
    );
    let error = attempt(trust(&authority), &with(true), &[], "server.test");
    assert_eq!(error, Err("unhandled critical extension".to_owned()));
}

#[test]
fn addresses_are_matched_with_addresses_only() {
    let authority = ca("root");
    let with_ip = server_cert(&authority, &["127.0.0.1", "::1"]);
    assert_eq!(
        attempt(trust(&authority), &with_ip, &[], "127.0.0.1"),
        Ok(())
    );
    assert_eq!(attempt(trust(&authority), &with_ip, &[], "::1"), Ok(()));
    let other = attempt(trust(&authority), &with_ip, &[], "127.0.0.2");
    assert_eq!(
        other,
        Err("certificate is valid for 127.0.0.1, ::1, not 127.0.0.2".to_owned())
    );
    let with_name = server_cert(&authority, &["server.test"]);
    assert_eq!(
        attempt(trust(&authority), &with_name, &[], "127.0.0.1"),
        Err(
            "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"
                .to_owned()
        )
    );
}

#[test]
fn the_common_name_is_not_a_name() {
    let authority = ca("root");
    let pair = authority.issue(KeyKind::P256, &["server.test"], |params| {
        params.subject_alt_names.clear()
    });
    assert_eq!(
        attempt(trust(&authority), &pair, &[], "server.test"),
        Err("certificate relies on legacy Common Name field, use SANs instead".to_owned())
    );
}

#[test]
fn name_constraints_are_kept() {
    let permitted = |trees: Vec<GeneralSubtree>| NameConstraints {
        permitted_subtrees: trees,
        excluded_subtrees: vec![],
    };
    let dns = |domain: &str| GeneralSubtree::DnsName(domain.to_owned());
    let check = |constraints: NameConstraints, names: &[&str]| {
        let root = ca_with("root", KeyKind::P256, |params| {
            params.name_constraints = Some(constraints)
        });
        attempt(
            trust(&root),
            &server_cert(&root, names),
            &[],
            "a.server.test",
        )
    };
    assert_eq!(
        check(permitted(vec![dns("server.test")]), &["a.server.test"]),
        Ok(())
    );
    let error = check(permitted(vec![dns("other.test")]), &["a.server.test"]).unwrap_err();
    assert!(
        error.contains(
            "not authorized to sign for this name: DNS name \"a.server.test\" is not permitted"
        ),
        "{error}"
    );
    let excluded = NameConstraints {
        permitted_subtrees: vec![],
        excluded_subtrees: vec![dns("server.test")],
    };
    assert!(check(excluded, &["a.server.test"]).is_err());
    let net = GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([10, 0, 0, 0], 8));
    assert_eq!(
        check(permitted(vec![net.clone()]), &["a.server.test", "10.1.1.1"]),
        Ok(())
    );
    assert!(check(permitted(vec![net]), &["a.server.test", "11.1.1.1"]).is_err());
}

#[test]
fn a_version_1_certificate_can_be_a_leaf() {
    let certificate = include_bytes!("../../testdata/v1.crt");
    let pair = Pair {
        certificate: String::from_utf8(certificate.to_vec()).unwrap(),
        key: include_str!("../../testdata/p256.pem").to_owned(),
    };
    // It has no names, so only a client that does not ask for one gets through; the handshake signature is checked.
    let server = ServerConfigBuilder::new(identity(&pair)).build().unwrap();
    let client = ClientConfigBuilder::new(TrustStore::default())
        .insecure_skip_verify(true)
        .build()
        .unwrap();
    connect(&client.config, &server.config, "v1.test").unwrap();
    let error = attempt(TrustStore::from_pem(certificate), &pair, &[], "v1.test").unwrap_err();
    assert_eq!(
        error,
        "certificate relies on legacy Common Name field, use SANs instead"
    );
}

#[test]
fn a_small_rsa_key_is_refused_wherever_it_stands() {
    let (certificate, key) = (
        include_bytes!("../../testdata/rsa1024.crt"),
        include_bytes!("../../testdata/rsa1024.pem"),
    );
    let error = crypto::tls::Identity::from_pem(certificate, key)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("crypto policy POL-003 ("), "{error}");
    assert!(
        error.contains(
            "a private key with an RSA key of 1024 bits is not allowed: the minimum is 2048 bits"
        ),
        "{error}"
    );
}

#[test]
fn another_name_may_be_expected_than_the_one_dialled() {
    let authority = ca("root");
    let server = ServerConfigBuilder::new(identity(&server_cert(&authority, &["server.test"])))
        .build()
        .unwrap();
    let client = ClientConfigBuilder::new(trust(&authority))
        .server_name("server.test")
        .build()
        .unwrap();
    connect(&client.config, &server.config, "balancer.test").unwrap();
}

#[test]
fn a_hostile_pile_of_certificates_costs_a_bounded_time() {
    // Twelve cross-signed authorities of one name: without a limit their chains number in the millions.
    let root = ca("root");
    let pile: Vec<_> = (0..12).map(|_| root.intermediate("twin", |_| ())).collect();
    let outsider = ca("twin").intermediate("twin", |_| ());
    let above: Vec<_> = pile.iter().collect();
    let start = std::time::Instant::now();
    assert!(
        attempt(
            trust(&ca("root")),
            &leaf(&outsider, |_| ()),
            &above,
            "server.test"
        )
        .is_err()
    );
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn a_sha1_signature_is_refused_by_name() {
    let pair = Pair {
        certificate: include_str!("../../testdata/sha1.crt").to_owned(),
        key: include_str!("../../testdata/p256.pem").to_owned(),
    };
    let roots = TrustStore::from_pem(include_bytes!("../../testdata/rsa2048.crt"));
    let error = attempt(roots, &pair, &[], "sha1.test").unwrap_err();
    assert!(
        error.contains(
            "(possibly because of \"x509: cannot verify signature: insecure algorithm SHA1-RSA\""
        ),
        "{error}"
    );
}

#[test]
fn the_name_of_an_authority_is_not_its_signature() {
    let pair = server_cert(&ca("root"), &["server.test"]);
    let error = attempt(trust(&ca("root")), &pair, &[], "server.test").unwrap_err();
    assert_eq!(
        error,
        "certificate signed by unknown authority (possibly because of \"x509: ECDSA verification failure\" while \
         trying to verify candidate authority certificate \"root\")"
    );
}

#[test]
fn the_name_is_checked_before_the_authority() {
    let pair = server_cert(&ca("nobody knows it"), &["server.test"]);
    let error = attempt(TrustStore::default(), &pair, &[], "other.test").unwrap_err();
    assert_eq!(
        error,
        "certificate is valid for server.test, not other.test"
    );
}

/// A server whose key is not its certificate's: no [`crypto::tls::Identity`] can be one.
fn impostor(shown: &Pair, own: &Pair) -> std::sync::Arc<rustls::ServerConfig> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

    let honest = ServerConfigBuilder::new(identity(own)).build().unwrap();
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let keys = honest.config.crypto_provider().key_provider;
    let chain = vec![CertificateDer::from_pem_slice(shown.certificate.as_bytes()).unwrap()];
    let pair = rustls::sign::CertifiedKey::new(chain, keys.load_private_key(key).unwrap());
    let mut config = std::sync::Arc::unwrap_or_clone(honest.config);
    config.cert_resolver = std::sync::Arc::new(rustls::sign::SingleCertAndKey::from(pair));
    config.into()
}

#[test]
fn a_client_that_verifies_nothing_still_checks_who_signed_the_handshake() {
    let (shown, own) = (
        server_cert(&ca("one"), &["server.test"]),
        server_cert(&ca("two"), &["server.test"]),
    );
    for version in [Version::Tls12, Version::Tls13] {
        let client = ClientConfigBuilder::new(TrustStore::default())
            .insecure_skip_verify(true)
            .versions(None, Some(version))
            .build()
            .unwrap();
        let honest = ServerConfigBuilder::new(identity(&own)).build().unwrap();
        connect(&client.config, &honest.config, "server.test").unwrap();
        let error = connect(&client.config, &impostor(&shown, &own), "server.test").unwrap_err();
        assert!(
            matches!(&error, Failure::Client(text) if text.contains("BadSignature")),
            "{error:?}"
        );
    }
}

#[test]
fn the_brackets_of_an_address_are_stripped() {
    let authority = ca("root");
    let server = ServerConfigBuilder::new(identity(&server_cert(&authority, &["::1"])))
        .build()
        .unwrap();
    let attempt = |name: &str| {
        let client = ClientConfigBuilder::new(trust(&authority)).server_name(name);
        connect(
            &client.build().unwrap().config,
            &server.config,
            "balancer.test",
        )
    };
    attempt("[::1]").unwrap();
    attempt("::1").unwrap();
    assert!(attempt("[::2]").is_err());
}

/// The signature of a trusted certificate proves nothing, so nobody looks at it.
#[test]
fn a_root_may_be_signed_with_sha1() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let mut command = std::process::Command::new("openssl");
        let command = command.args(arguments.split(' ')).current_dir(&folder);
        let output = command.output().expect("OpenSSL's program");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
    openssl(&format!(
        "req -x509 {key} -sha1 -keyout ca.key -out ca.crt -subj /CN=old -addext keyUsage=keyCertSign"
    ));
    openssl(&format!(
        "req -x509 {key} -sha256 -keyout tls.key -out tls.crt -subj /CN=new -CA ca.crt -CAkey ca.key \
         -addext subjectAltName=DNS:server.test"
    ));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let pair = Pair {
        certificate: read("tls.crt"),
        key: read("tls.key"),
    };
    let roots = TrustStore::from_file(&folder.path().join("ca.crt")).unwrap();
    assert_eq!(attempt(roots, &pair, &[], "server.test"), Ok(()));
}

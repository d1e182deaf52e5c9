use crypto::{
    jwt::{Algorithm, Claims, SigningKey},
    sign::{KeyKind, PrivateKey},
};
use etcd_api::etcdserverpb::InternalAuthenticateRequest;

use super::*;
use crate::{Request, Response, test_util::Member};

const MINUTE: i64 = 60_000_000_000;

fn key() -> SigningKey {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    SigningKey::new(Algorithm::Es256, key).unwrap()
}

fn config(key: &SigningKey) -> JwtConfig {
    JwtConfig {
        verifying: key.verifying(),
        signing: Some(key.clone()),
        ttl_nanos: MINUTE,
    }
}

fn member(config: JwtConfig) -> Member {
    let mut member = Member::with_tokens(TokenConfig::Jwt(config));
    member.add_user("root", "secret").unwrap();
    member.grant_role("root", "root").unwrap();
    member.enable().unwrap();
    member
}

fn log_in(member: &mut Member) -> Result<PendingToken, AuthError> {
    let request = InternalAuthenticateRequest {
        name: "root".to_owned(),
        simple_token: member.store.token_prefix(),
        ..Default::default()
    };
    match member.apply_as_root(Request::Authenticate(&request))? {
        Response::Authenticate(Issued::Pending(pending)) => Ok(pending),
        other => panic!("another answer: {other:?}"),
    }
}

fn identify(member: &mut Member, token: &str, since_epoch: u64) -> Result<AuthInfo, AuthError> {
    let credentials = Credentials {
        token: Some(token),
        common_name: None,
    };
    let now = Now {
        instant: Instant::now(),
        since_epoch: Duration::from_secs(since_epoch),
    };
    match member.store.identify(credentials, member.index, now)? {
        Identified::As(info) => Ok(info),
        Identified::After(index) => panic!("waits for {index}"),
    }
}

#[test]
fn a_signed_token_names_the_user_and_the_revision_of_its_issue() {
    let mut member = member(config(&key()));
    let issued = member.store.revision();
    let token = log_in(&mut member)
        .unwrap()
        .sign(Duration::from_secs(1000))
        .unwrap();
    member.add_user("other", "x").unwrap();
    // Twice: verified, and remembered.
    for _ in 0..2 {
        let info = identify(&mut member, &token, 1059).unwrap();
        assert_eq!(&*info.username, "root");
        assert_eq!(info.revision, issued);
        let refusal = member.store.check_range(info.who(), b"a", b"").unwrap_err();
        assert_eq!(refusal, Error::AuthOldRevision.into());
    }
}

#[test]
fn a_signed_token_ends_remembered_or_not() {
    let key = key();
    let mut member = member(config(&key));
    let token = log_in(&mut member)
        .unwrap()
        .sign(Duration::from_secs(1000))
        .unwrap();
    assert!(identify(&mut member, &token, 1060).is_err());
    assert!(identify(&mut member, &token, 1059).is_ok());
    assert!(identify(&mut member, &token, 1060).is_err());
}

#[test]
fn the_end_is_rounded_down_once() {
    let key = key();
    let config = JwtConfig {
        ttl_nanos: 500_000_000,
        ..config(&key)
    };
    let mut member = member(config);
    let token = log_in(&mut member)
        .unwrap()
        .sign(Duration::from_millis(10_900))
        .unwrap();
    assert!(identify(&mut member, &token, 10).is_ok());
    assert!(identify(&mut member, &token, 11).is_err());
}

#[test]
fn a_token_of_another_key_or_without_our_claims_is_refused() {
    let key = key();
    let mut member = member(config(&key));
    let other = PendingToken::sign(
        JwtTokens::new(config(&self::key()))
            .issue("root", 9)
            .unwrap(),
        Duration::from_secs(1000),
    );
    assert!(identify(&mut member, &other.unwrap(), 1000).is_err());
    for text in [
        r#"{"username":"root"}"#,
        r#"{"revision":1}"#,
        r#"{"username":1,"revision":1}"#,
        r#"{"username":"root","revision":"1"}"#,
    ] {
        let claims: Claims = serde_json::from_str(text).unwrap();
        let token = key.sign(&claims).unwrap();
        assert!(identify(&mut member, &token, 1000).is_err(), "{text}");
    }
    let claims: Claims = serde_json::from_str(r#"{"username":"u","revision":3}"#).unwrap();
    let token = key.sign(&claims).unwrap();
    let info = identify(&mut member, &token, u64::from(u32::MAX)).unwrap();
    assert_eq!(
        (&*info.username, info.revision),
        ("u", 3),
        "no end means none"
    );
}

#[test]
fn a_member_with_the_public_key_only_believes_and_gives_none() {
    let key = key();
    let mut signing = member(config(&key));
    let token = log_in(&mut signing)
        .unwrap()
        .sign(Duration::from_secs(1000))
        .unwrap();
    let config = JwtConfig {
        signing: None,
        ..config(&key)
    };
    let mut member = member(config);
    assert!(identify(&mut member, &token, 1000).is_ok());
    let refusal = log_in(&mut member).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "auth: token signing attempted with verify-only key"
    );
}

#[test]
fn a_fingerprint_says_little() {
    // SHA-256 of "abc", FIPS 180-4.
    assert_eq!(fingerprint("abc"), "ba7816bf8f01");
}

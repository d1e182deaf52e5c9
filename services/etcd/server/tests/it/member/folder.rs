//! Folders that a member does not begin its work in.

use super::*;

fn refused(folder: &Path) -> String {
    let board = Arc::new(Board::default());
    let started = boot::start(boot_config(folder), board, Metrics::new(Detail::Basic));
    started.unwrap_err().to_string()
}

#[test]
fn a_database_of_upstream_is_not_begun_anew() {
    let folder = TempDir::new().unwrap();
    let snap = folder.path().join("member/snap");
    std::fs::create_dir_all(&snap).unwrap();
    std::fs::write(snap.join("db"), "bbolt").unwrap();
    let told = refused(folder.path());
    let expected = format!("{}/db is upstream's database (bbolt)", snap.display());
    assert!(told.starts_with(&expected), "{told}");
    assert_eq!(
        std::fs::read_dir(&snap).unwrap().count(),
        1,
        "nothing was made"
    );
}

#[tokio::test]
async fn a_store_whose_log_is_gone_gets_no_new_one() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let put = put("a", "b");
    client.unary::<pb::PutResponse>(PUT, &put).await.unwrap();
    member.stop().await;
    let log = folder.path().join("member/wal");
    std::fs::rename(&log, folder.path().join("away")).unwrap();
    let told = refused(folder.path());
    assert!(told.contains("of a log that is not in"), "{told}");
    assert!(!log.exists(), "nothing was made");
    std::fs::rename(folder.path().join("away"), &log).unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let found: pb::RangeResponse = client.unary(RANGE, &range("a")).await.unwrap();
    assert_eq!(found.count, 1);
    member.stop().await;
}

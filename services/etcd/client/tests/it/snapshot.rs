//! Snapshots that are not whole.

use std::sync::Arc;

use crypto::digest::sha256;
use etcd_api::etcdserverpb::{
    AlarmRequest, AlarmResponse, DefragmentRequest, DefragmentResponse, DowngradeRequest,
    DowngradeResponse, HashKvRequest, HashKvResponse, HashRequest, HashResponse, MoveLeaderRequest,
    MoveLeaderResponse, SnapshotRequest, SnapshotResponse, StatusRequest, StatusResponse,
    maintenance_server::{Maintenance, MaintenanceServer},
};
use etcd_client::{
    Call, Client,
    snapshot::{Snapshot, SnapshotError},
};
use tonic::{Request, Response, Status};

use crate::fake::{Fake, config, unasked};

/// Sends these blobs.
struct Sending(Vec<Vec<u8>>);

#[tonic::async_trait]
impl Maintenance for Sending {
    type SnapshotStream = tokio_stream::Iter<std::vec::IntoIter<Result<SnapshotResponse, Status>>>;

    async fn snapshot(
        &self,
        _: Request<SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        let response = |blob: &Vec<u8>| {
            Ok(SnapshotResponse {
                blob: blob.clone().into(),
                version: "3.7.0".to_owned(),
                ..SnapshotResponse::default()
            })
        };
        let responses: Vec<_> = self.0.iter().map(response).collect();
        Ok(Response::new(tokio_stream::iter(responses)))
    }
    async fn alarm(&self, _: Request<AlarmRequest>) -> Result<Response<AlarmResponse>, Status> {
        unasked()
    }
    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusResponse>, Status> {
        unasked()
    }
    async fn defragment(
        &self,
        _: Request<DefragmentRequest>,
    ) -> Result<Response<DefragmentResponse>, Status> {
        unasked()
    }
    async fn hash(&self, _: Request<HashRequest>) -> Result<Response<HashResponse>, Status> {
        unasked()
    }
    async fn hash_kv(&self, _: Request<HashKvRequest>) -> Result<Response<HashKvResponse>, Status> {
        unasked()
    }
    async fn move_leader(
        &self,
        _: Request<MoveLeaderRequest>,
    ) -> Result<Response<MoveLeaderResponse>, Status> {
        unasked()
    }
    async fn downgrade(
        &self,
        _: Request<DowngradeRequest>,
    ) -> Result<Response<DowngradeResponse>, Status> {
        unasked()
    }
}

async fn read(blobs: Vec<Vec<u8>>) -> (usize, Result<u64, SnapshotError>) {
    let fake = Fake::serve(MaintenanceServer::from_arc(Arc::new(Sending(blobs)))).await;
    let client = Client::connect(config(&[fake.address.to_string()]))
        .await
        .unwrap();
    let mut snapshot = Snapshot::open(&client, Call::unlimited()).await.unwrap();
    assert_eq!(snapshot.version(), "3.7.0");
    let mut size = 0;
    while let Some(blob) = snapshot.blob().await.unwrap() {
        size += blob.len();
    }
    (size, snapshot.finish())
}

#[tokio::test]
async fn a_whole_snapshot_has_its_digest_at_the_end() {
    let store = vec![7; 1024];
    let digest = sha256(&store);
    // The digest may come in any pieces.
    let blobs = vec![store, digest[..5].to_vec(), digest[5..].to_vec()];
    assert_eq!(read(blobs).await, (1056, Ok(1056)));
}

#[tokio::test]
async fn a_snapshot_without_a_digest_is_refused() {
    let (_, result) = read(vec![vec![7; 1024]]).await;
    assert_eq!(result, Err(SnapshotError::NoDigest(1024)));
}

#[tokio::test]
async fn a_snapshot_with_a_changed_byte_is_refused() {
    let mut store = vec![7; 512];
    let digest = sha256(&store).to_vec();
    store[100] = 8;
    let (_, result) = read(vec![store, digest]).await;
    assert!(matches!(result, Err(SnapshotError::WrongDigest { .. })));
}

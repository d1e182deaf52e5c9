//! Requests about keys: what can be seen to be wrong with them before anything is proposed or read.
//!
//! Source: etcd v3.7 v3rpc/key.go, v3rpc/quota.go; server/etcdserver/v3_server.go `Range`, `Txn`.

use etcd_api::etcdserverpb::{DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest};
use etcd_auth::AuthInfo;
use tonic::Status;

use super::decode;
use crate::{
    call::{Call, Reply},
    engine::Engine,
    kv, quota,
    reads::Reading,
};

impl Engine {
    pub(super) fn range(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let request = match decode::<RangeRequest>(call.message.clone()) {
            Ok(request) => request,
            Err(status) => return Err((call.reply, status)),
        };
        if let Err(error) = kv::check::range(&request) {
            return Err((call.reply, error.into()));
        }
        let is_serializable = request.serializable;
        self.read(Reading::Range(request), is_serializable, call, who);
        Ok(())
    }

    pub(super) fn txn(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let request = match decode::<TxnRequest>(call.message.clone()) {
            Ok(request) => request,
            Err(status) => return Err((call.reply, status)),
        };
        if let Err(status) = self.check_room(quota::of_txn(&request)) {
            return Err((call.reply, status));
        }
        if let Err(error) = kv::check::txn(&request, self.config.txn_ops_max) {
            return Err((call.reply, error.into()));
        }
        if kv::check::is_readonly(&request) {
            let is_serializable = kv::check::is_serializable(&request);
            self.read(Reading::Txn(request), is_serializable, call, who);
            return Ok(());
        }
        let message = call.message.clone();
        self.propose(6, &message, who, call)
    }

    pub(super) fn check_put(&mut self, call: &Call) -> Result<(), Status> {
        let request: PutRequest = decode(call.message.clone())?;
        self.check_room(quota::of_put(&request))?;
        Ok(kv::check::put(&request)?)
    }

    pub(super) fn check_delete(&self, call: &Call) -> Result<(), Status> {
        let request: DeleteRangeRequest = decode(call.message.clone())?;
        Ok(kv::check::delete(&request)?)
    }
}

//! Requests about keys: what can be seen to be wrong with them before anything is proposed or read.
//!
//! Source: etcd v3.7 v3rpc/key.go, v3rpc/quota.go; server/etcdserver/v3_server.go `Range`, `Txn`.

use etcd_api::etcdserverpb::{DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest};
use etcd_auth::AuthInfo;
use tonic::Status;

use super::{check_entry, check_flat_entry, cluster::check_added, decode};
use crate::{
    call::{Call, Reply},
    engine::Engine,
    kv,
    method::Method,
    quota,
    reads::Reading,
};

impl Engine {
    /// Checks what upstream looks at before it asks who asks.
    pub(super) fn check_fields(&mut self, call: &Call) -> Result<(), Status> {
        match call.method {
            Method::Put => self.check_put(call),
            Method::Range => Ok(kv::check::range(&decode(call.message.clone())?)?),
            Method::DeleteRange => self.check_delete(call),
            Method::Txn => self.check_txn(&decode(call.message.clone())?),
            Method::LeaseGrant => self.check_room(quota::LEASE_BYTES),
            Method::MemberAdd => check_added(call),
            _ => Ok(()),
        }
    }

    fn check_txn(&mut self, request: &TxnRequest) -> Result<(), Status> {
        self.check_room(quota::of_txn(request))?;
        Ok(kv::check::txn(request, self.config.txn_ops_max)?)
    }

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
        if let Err(status) = self.check_txn(&request) {
            return Err((call.reply, status));
        }
        if kv::check::is_readonly(&request) {
            let is_serializable = kv::check::is_serializable(&request);
            self.read(Reading::Txn(request), is_serializable, call, who);
            return Ok(());
        }
        if let Err(status) = check_entry(&call) {
            return Err((call.reply, status));
        }
        let message = call.message.clone();
        self.propose(6, &message, who, call)
    }

    pub(super) fn check_put(&mut self, call: &Call) -> Result<(), Status> {
        let request: PutRequest = decode(call.message.clone())?;
        check_flat_entry(call, &request)?;
        self.check_room(quota::of_put(&request))?;
        Ok(kv::check::put(&request)?)
    }

    pub(super) fn check_delete(&self, call: &Call) -> Result<(), Status> {
        let request: DeleteRangeRequest = decode(call.message.clone())?;
        check_flat_entry(call, &request)?;
        Ok(kv::check::delete(&request)?)
    }
}

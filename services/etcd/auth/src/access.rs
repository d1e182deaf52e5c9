//! Who may do what with keys.
//!
//! Every check is silent while auth is disabled.
//!
//! Source: etcd server/auth/store.go `isOpPermitted`, `IsAdminPermitted`; server/etcdserver/apply/auth.go.

use etcd_api::{
    Error,
    etcdserverpb::{RequestOp, TxnRequest, request_op},
};
use tracing::{error, warn};

use crate::{
    AuthError, AuthStore, ROOT, Who,
    range_perm::{Intervals, RangePermissions},
    record::User,
};

/// The keys that leases hold, which the lessor knows.
pub trait LeaseKeys {
    /// Calls `visit` with each key attached to a lease, until one fails. A lease that does not exist has none.
    ///
    /// # Errors
    /// The first error of `visit`.
    fn each_key(
        &self,
        lease: i64,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), AuthError>,
    ) -> Result<(), AuthError>;
}

impl AuthStore {
    /// Checks that somebody may read an interval: Range, Watch, Compare.
    ///
    /// # Errors
    /// [`Error::UserEmpty`] for nobody, [`Error::AuthOldRevision`], [`Error::PermissionDenied`].
    pub fn check_range(&self, who: Who<'_>, key: &[u8], range_end: &[u8]) -> Result<(), AuthError> {
        self.check_keys(who, key, range_end, |merged| &merged.read)
    }

    /// Checks that somebody may write an interval. What a deletion returns of it needs [`AuthStore::check_range`] too.
    ///
    /// # Errors
    /// As [`AuthStore::check_range`].
    pub fn check_write(&self, who: Who<'_>, key: &[u8], range_end: &[u8]) -> Result<(), AuthError> {
        self.check_keys(who, key, range_end, |merged| &merged.write)
    }

    /// Checks a put: the key, every key its lease holds already, and reading when the old value is asked for.
    ///
    /// # Errors
    /// As [`AuthStore::check_range`].
    pub fn check_put(
        &self,
        who: Who<'_>,
        key: &[u8],
        lease: i64,
        prev_kv: bool,
        leases: &dyn LeaseKeys,
    ) -> Result<(), AuthError> {
        if !self.is_enabled() {
            return Ok(());
        }
        self.check_write(who, key, &[])?;
        // Somebody who could not revoke the lease must not hang keys on it.
        self.check_lease_write(who, lease, leases)?;
        if prev_kv {
            self.check_range(who, key, &[])?;
        }
        Ok(())
    }

    /// Checks that somebody may write every key of a lease: revoking, and keeping it alive.
    ///
    /// # Errors
    /// As [`AuthStore::check_range`].
    pub fn check_lease_write(
        &self,
        who: Who<'_>,
        lease: i64,
        leases: &dyn LeaseKeys,
    ) -> Result<(), AuthError> {
        if self.check_admin(who).is_ok() {
            return Ok(());
        }
        leases.each_key(lease, &mut |key| self.check_write(who, key, &[]))
    }

    /// Checks that somebody may read every key of a lease: its keys are listed, or it stands in a list.
    ///
    /// # Errors
    /// As [`AuthStore::check_range`].
    pub fn check_lease_read(
        &self,
        who: Who<'_>,
        lease: i64,
        leases: &dyn LeaseKeys,
    ) -> Result<(), AuthError> {
        if self.check_admin(who).is_ok() {
            return Ok(());
        }
        leases.each_key(lease, &mut |key| self.check_range(who, key, &[]))
    }

    /// Checks all comparisons and both branches of a transaction. How deep it nests is bounded by whoever decoded it.
    ///
    /// # Errors
    /// As [`AuthStore::check_range`].
    pub fn check_txn(
        &self,
        who: Who<'_>,
        request: &TxnRequest,
        leases: &dyn LeaseKeys,
    ) -> Result<(), AuthError> {
        if !self.is_enabled() {
            return Ok(());
        }
        for compare in &request.compare {
            self.check_range(who, &compare.key, &compare.range_end)?;
        }
        for operation in request.success.iter().chain(&request.failure) {
            self.check_operation(who, operation, leases)?;
        }
        Ok(())
    }

    fn check_operation(
        &self,
        who: Who<'_>,
        operation: &RequestOp,
        leases: &dyn LeaseKeys,
    ) -> Result<(), AuthError> {
        match &operation.request {
            None => Ok(()),
            Some(request_op::Request::RequestRange(range)) => {
                self.check_range(who, &range.key, &range.range_end)
            }
            Some(request_op::Request::RequestPut(put)) => {
                self.check_put(who, &put.key, put.lease, put.prev_kv, leases)
            }
            Some(request_op::Request::RequestDeleteRange(delete)) => {
                if delete.prev_kv {
                    self.check_range(who, &delete.key, &delete.range_end)?;
                }
                self.check_write(who, &delete.key, &delete.range_end)
            }
            Some(request_op::Request::RequestTxn(txn)) => self.check_txn(who, txn, leases),
        }
    }

    /// Checks that somebody has the role `root`.
    ///
    /// # Errors
    /// [`Error::UserEmpty`] for nobody, [`Error::UserNotFound`], [`Error::PermissionDenied`].
    pub fn check_admin(&self, who: Who<'_>) -> Result<(), AuthError> {
        if !self.is_enabled() {
            return Ok(());
        }
        self.check_user(who)?;
        let user = self.user(who.username).ok_or(Error::UserNotFound)?;
        if user.has_role(ROOT) {
            Ok(())
        } else {
            Err(Error::PermissionDenied.into())
        }
    }

    /// Checks that somebody asks at all, whoever it is: grants of leases, status, lists of members.
    ///
    /// # Errors
    /// [`Error::UserEmpty`] for nobody.
    pub fn check_user(&self, who: Who<'_>) -> Result<(), AuthError> {
        if self.is_enabled() && who.username.is_empty() {
            return Err(Error::UserEmpty.into());
        }
        Ok(())
    }

    /// Checks that rights did not change while something was read with them.
    ///
    /// # Errors
    /// [`Error::AuthOldRevision`].
    ///
    /// Source: etcd server/etcdserver/v3_server.go `doSerialize`.
    pub fn check_unchanged(&self, who: Who<'_>) -> Result<(), AuthError> {
        if who.revision != 0 && who.revision != self.revision() {
            return Err(Error::AuthOldRevision.into());
        }
        Ok(())
    }

    fn check_keys(
        &self,
        who: Who<'_>,
        key: &[u8],
        range_end: &[u8],
        right: impl FnOnce(&RangePermissions) -> &Intervals,
    ) -> Result<(), AuthError> {
        if !self.is_enabled() {
            return Ok(());
        }
        if who.revision == 0 {
            return Err(Error::UserEmpty.into());
        }
        if who.revision < self.revision() {
            warn!(
                "current node auth revision" = self.revision(),
                "request auth revision" = who.revision,
                "request auth revision is less than current node auth revision" // upstream's text
            );
            return Err(Error::AuthOldRevision.into());
        }
        let Some(user) = self.user(who.username) else {
            error!(
                "user-name" = who.username,
                "cannot find a user for permission check" // upstream's text
            );
            return Err(Error::PermissionDenied.into());
        };
        if user.has_role(ROOT) || right(self.merged(user)).cover(key, range_end) {
            return Ok(());
        }
        Err(Error::PermissionDenied.into())
    }

    fn merged<'a>(&'a self, user: &'a User) -> &'a RangePermissions {
        user.merged.get_or_init(|| {
            let roles = user.roles.iter().filter_map(|name| self.role(name));
            RangePermissions::merge(roles.flat_map(|role| &role.permissions))
        })
    }
}

#[cfg(test)]
mod tests;

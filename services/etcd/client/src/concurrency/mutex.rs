//! A lock: whoever's key is the oldest under the name holds it.

use etcd_api::etcdserverpb::{
    DeleteRangeRequest, ResponseHeader, range_request::SortOrder, response_op::Response,
};

use crate::{
    Call, Client, Error,
    concurrency::{Session, created_at, get, key_request, one_created, put, txn, wait_until_first},
};

/// A lock on a name, taken for a session.
#[derive(Debug)]
pub struct Mutex {
    client: Client,
    prefix: String,
    key: Vec<u8>,
    lease: i64,
    header: ResponseHeader,
}

/// Why there is no lock.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MutexError {
    /// The lease ran out while the lock was waited for.
    #[error("mutex: session is expired")] // upstream's text
    SessionExpired,
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
}

impl Mutex {
    /// Describes a lock; nothing is asked yet.
    #[must_use]
    pub fn new(session: &Session, name: &str) -> Self {
        let prefix = format!("{name}/");
        Self {
            client: session.client().clone(),
            key: session.key(&prefix),
            prefix,
            lease: session.lease(),
            header: ResponseHeader::default(),
        }
    }

    /// Waits until the lock is held. When it fails, or when whoever waits gives up and calls [`Self::unlock`], others may
    /// have it.
    ///
    /// # Errors
    /// [`MutexError`].
    pub async fn lock(&mut self) -> Result<(), MutexError> {
        let prefix = self.prefix.as_bytes();
        let owner = get(one_created(prefix, SortOrder::Ascend));
        let request = txn(
            created_at(&self.key, 0),
            vec![put(&self.key, b"", self.lease), owner.clone()],
            vec![get(key_request(&self.key)), owner],
        );
        let answer = self.client.txn(Call::unlimited(), request).await?;
        let header = answer.header.unwrap_or_default();
        let created = |at: usize| match answer.responses.get(at)?.response.as_ref()? {
            Response::ResponseRange(range) => Some(range.kvs.first()?.create_revision),
            _ => None,
        };
        let own = if answer.succeeded {
            header.revision
        } else {
            created(0).unwrap_or(header.revision)
        };
        self.header = header;
        if created(1).is_none_or(|oldest| oldest == own) {
            return Ok(());
        }
        let waited = wait_until_first(&self.client, prefix, own - 1).await;
        let found = match waited {
            Ok(()) => {
                self.client
                    .range(Call::unlimited(), key_request(&self.key))
                    .await
            }
            Err(error) => Err(error),
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                // Others must not wait for a key whose owner has gone; the reason counts more than this call's.
                drop(self.unlock().await);
                return Err(error.into());
            }
        };
        if found.kvs.is_empty() {
            return Err(MutexError::SessionExpired);
        }
        self.header = found.header.unwrap_or_default();
        Ok(())
    }

    /// Gives the lock up.
    ///
    /// # Errors
    /// [`Error`] of the call.
    pub async fn unlock(&self) -> Result<(), Error> {
        let request = DeleteRangeRequest {
            key: self.key.clone().into(),
            ..DeleteRangeRequest::default()
        };
        self.client.delete_range(Call::unlimited(), request).await?;
        Ok(())
    }

    /// Returns the key that stands for this holder.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Returns the header of the answer that brought the lock.
    #[must_use]
    pub const fn header(&self) -> &ResponseHeader {
        &self.header
    }
}

//! Reading a key space once and following it from there.
//!
//! Source: etcd v3.7 client/v3/mirror/syncer.go.

use etcd_api::etcdserverpb::{
    RangeRequest, RangeResponse, WatchCreateRequest,
    range_request::{SortOrder, SortTarget},
};

use crate::{Call, Client, Error, interval, watch::Watch};

/// Reads everything under a prefix at one revision, then what happens after it.
#[derive(Debug)]
pub struct Mirror {
    client: Client,
    prefix: Vec<u8>,
    revision: i64,
    /// Where the next page begins; none when all pages were read.
    next: Option<Vec<u8>>,
}

impl Mirror {
    /// Mirrors the keys under `prefix`. A `revision` other than zero is the last one that is known: only what follows is
    /// read.
    #[must_use]
    pub fn new(client: &Client, prefix: &[u8], revision: i64) -> Self {
        let start = if prefix.is_empty() {
            interval::FROM_KEY.to_vec()
        } else {
            prefix.to_vec()
        };
        Self {
            client: client.clone(),
            prefix: prefix.to_vec(),
            revision,
            next: (revision == 0).then_some(start),
        }
    }

    /// Returns the next page of what is there, a thousand keys at most; none after the last.
    ///
    /// # Errors
    /// [`Error`] of the call.
    pub async fn page(&mut self) -> Result<Option<RangeResponse>, Error> {
        let Some(key) = self.next.take() else {
            return Ok(None);
        };
        if self.revision == 0 {
            self.revision = self.current_revision().await?;
        }
        let request = RangeRequest {
            key: key.into(),
            range_end: interval::prefix_end(&self.prefix).into(),
            limit: PAGE_KEYS,
            revision: self.revision,
            sort_order: SortOrder::None.into(),
            sort_target: SortTarget::Key.into(),
            ..RangeRequest::default()
        };
        let page = self.client.range(Call::unlimited(), request).await?;
        if let (true, Some(last)) = (page.more, page.kvs.last()) {
            let mut after = last.key.to_vec();
            after.push(0);
            self.next = Some(after);
        }
        Ok(Some(page))
    }

    /// Follows what happens after the pages.
    pub async fn updates(&self) -> Watch {
        let key = if self.prefix.is_empty() {
            interval::FROM_KEY
        } else {
            &self.prefix
        };
        let request = WatchCreateRequest {
            key: key.to_vec().into(),
            range_end: interval::prefix_end(&self.prefix).into(),
            start_revision: self.revision + 1,
            ..WatchCreateRequest::default()
        };
        self.client.watch(request).await
    }

    /// Any key tells the revision; one of the mirrored ones is what the user may read.
    async fn current_revision(&self) -> Result<i64, Error> {
        let key = if self.prefix.is_empty() {
            b"foo".as_slice()
        } else {
            &self.prefix
        };
        let request = RangeRequest {
            key: key.to_vec().into(),
            ..RangeRequest::default()
        };
        let answer = self.client.range(Call::unlimited(), request).await?;
        Ok(answer.header.map_or(0, |header| header.revision))
    }
}

/// Keys a page holds at most.
const PAGE_KEYS: i64 = 1000;

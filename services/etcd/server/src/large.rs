//! Answers too large to be made at once: walked on another thread over a moment of the store, page by page, as the client takes them.

use bytes::{Bytes, BytesMut};
use etcd_api::etcdserverpb::ResponseHeader;
use etcd_mvcc::Scan;
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{answer::message, call::Reply, refusal::Refusal};

/// Answers a range.
pub(crate) fn answer(mut scan: Scan, header: ResponseHeader, reply: Reply) {
    tokio::spawn(async move {
        // The length comes before the message, so it is walked twice; the second time from memory, mostly.
        let measured = spawn_blocking(move || (scan.measure(), scan)).await;
        let (measure, mut scan) = match measured {
            Ok((Ok(measure), scan)) => (measure, scan),
            Ok((Err(error), _)) => return reply.error(Refusal::from(error)),
            // The thread pool ends with the server, and the reply says so.
            Err(_) => return,
        };
        let mut first = BytesMut::new();
        message(&mut first, 1, &header);
        let length = first.len() + measure.bytes;
        let (pages, ahead) = mpsc::channel(PAGES_AHEAD);
        spawn_blocking(move || walk(&mut scan, first, &pages));
        reply.in_pieces(length, ahead).await;
    });
}

/// Sends page after page. One that cannot be read ends them early, and the client sees a broken stream.
fn walk(scan: &mut Scan, mut page: BytesMut, pages: &mpsc::Sender<Bytes>) {
    loop {
        let is_last = match scan.page(usize::MAX, PAGE_BYTES, &mut page) {
            Ok(found) => found.is_some(),
            Err(error) => {
                tracing::error!(error = kit_telemetry::chain(&error), "range broken off");
                return;
            }
        };
        let is_gone = pages.blocking_send(page.split().freeze()).is_err();
        if is_last || is_gone {
            return;
        }
    }
}

/// A page is read in the order of the file: the larger it is, the fewer times each piece of the file is looked at.
const PAGE_BYTES: usize = 2 << 20;

/// Pages that may wait for the client.
const PAGES_AHEAD: usize = 1;

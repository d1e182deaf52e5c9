//! `make-mirror`: copies a key space into another cluster and follows its changes.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/make_mirror_command.go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use etcd_api::{
    etcdserverpb::{DeleteRangeRequest, PutRequest, RequestOp, TxnRequest, request_op::Request},
    mvccpb::{Event, event::EventType},
};
use etcd_client::{Client, TlsFiles, mirror::Mirror};

use crate::{
    command::UNLIMITED,
    context::{Ctl, connect, print_line},
    failure::Failure,
    settings,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let arguments = ctl.arguments();
    let [destination] = arguments.as_slice() else {
        return Err(Failure::arguments(
            "make-mirror takes one destination argument",
        ));
    };
    let target = connect_target(&mut ctl, destination).await?;
    let source = ctl.client().await?;
    let renaming = Renaming::of(&ctl)?;
    let copied = Arc::new(AtomicI64::new(0));
    let reporter = tokio::spawn(report(Arc::clone(&copied)));
    let start = (ctl.integer("rev") - 1).max(0);
    let copier = Copier {
        target,
        renaming,
        copied,
        operations_max: ctl.line.matches.number("max-txn-ops"),
    };
    let ended = copier
        .run(Mirror::new(&source, ctl.text("prefix").as_bytes(), start))
        .await;
    reporter.abort();
    // Upstream ends with an error when the changes end, even with none.
    Err(ended.err().unwrap_or_else(|| Failure::error("<nil>")))
}

async fn connect_target(ctl: &mut Ctl, destination: &str) -> Result<Client, Failure> {
    let text = |flag: &str| ctl.text(flag).to_owned();
    let files = TlsFiles {
        certificate: text("dest-cert"),
        key: text("dest-key"),
        authorities: text("dest-cacert"),
        server_name: String::new(),
        plain: ctl.switch("dest-insecure-transport"),
        skip_verify: false,
    };
    let credentials = settings::user_and_password(
        ctl.text("dest-user"),
        ctl.text("dest-password"),
        "Destination Password: ",
    )?;
    ctl.prove_crypto()?;
    let endpoints = vec![destination.to_owned()];
    let config = settings::with_tls(&ctl.line, &ctl.env, endpoints, &files, credentials)?;
    connect(config).await
}

/// Prints how many keys were copied so far, again and again.
async fn report(copied: Arc<AtomicI64>) {
    loop {
        tokio::time::sleep(BETWEEN_REPORTS).await;
        if print_line(&copied.load(Ordering::Relaxed).to_string()).is_err() {
            return;
        }
    }
}

/// What keys are called in the other cluster.
#[derive(Debug)]
struct Renaming {
    prefix: Vec<u8>,
    replacement: Vec<u8>,
}

impl Renaming {
    fn of(ctl: &Ctl) -> Result<Self, Failure> {
        let prefix = ctl.text("prefix").as_bytes().to_vec();
        let wanted = ctl.text("dest-prefix").as_bytes().to_vec();
        let none = ctl.switch("no-dest-prefix");
        if none && !wanted.is_empty() {
            return Err(Failure::arguments(
                "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one",
            ));
        }
        // Upstream keeps names only when it copies what is there: with --rev alone it drops the prefix.
        let kept = !none && wanted.is_empty() && ctl.integer("rev") <= 1;
        let replacement = if kept { prefix.clone() } else { wanted };
        Ok(Self {
            prefix,
            replacement,
        })
    }

    fn apply(&self, key: &[u8]) -> Vec<u8> {
        match key.strip_prefix(self.prefix.as_slice()) {
            Some(rest) => [&self.replacement, rest].concat(),
            None => key.to_vec(),
        }
    }
}

#[derive(Debug)]
struct Copier {
    target: Client,
    renaming: Renaming,
    copied: Arc<AtomicI64>,
    operations_max: usize,
}

impl Copier {
    async fn run(&self, mut mirror: Mirror) -> Result<(), Failure> {
        while let Some(page) = mirror.page().await? {
            for kv in page.kvs {
                let request = self.put(&kv.key, &kv.value);
                self.target.put(UNLIMITED, request).await?;
                self.copied.fetch_add(1, Ordering::Relaxed);
            }
        }
        let mut updates = mirror.updates().await;
        while let Some(answer) = updates.next().await {
            if let Some(error) = answer.error() {
                return Err(error.into());
            }
            self.follow(answer.events).await?;
        }
        Ok(())
    }

    /// Repeats events, those of one revision in one transaction unless they are too many.
    async fn follow(&self, events: Vec<Event>) -> Result<(), Failure> {
        let mut operations = Vec::new();
        let mut last = 0;
        for event in events {
            let kind = event.r#type();
            let kv = event.kv.unwrap_or_default();
            let is_new = last != 0 && kv.mod_revision > last;
            if is_new || operations.len() == self.operations_max {
                self.commit(std::mem::take(&mut operations)).await?;
            }
            last = kv.mod_revision;
            let request = match kind {
                EventType::Put => Request::RequestPut(self.put(&kv.key, &kv.value)),
                EventType::Delete => Request::RequestDeleteRange(DeleteRangeRequest {
                    key: self.renaming.apply(&kv.key).into(),
                    ..DeleteRangeRequest::default()
                }),
            };
            operations.push(RequestOp {
                request: Some(request),
            });
            self.copied.fetch_add(1, Ordering::Relaxed);
        }
        self.commit(operations).await
    }

    async fn commit(&self, success: Vec<RequestOp>) -> Result<(), Failure> {
        if success.is_empty() {
            return Ok(());
        }
        let request = TxnRequest {
            success,
            ..TxnRequest::default()
        };
        self.target.txn(UNLIMITED, request).await?;
        Ok(())
    }

    fn put(&self, key: &[u8], value: &[u8]) -> PutRequest {
        PutRequest {
            key: self.renaming.apply(key).into(),
            value: value.to_vec().into(),
            ..PutRequest::default()
        }
    }
}

const BETWEEN_REPORTS: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_key_is_renamed() {
        let renaming = Renaming {
            prefix: b"a".to_vec(),
            replacement: b"xy".to_vec(),
        };
        assert_eq!(renaming.apply(b"aba"), b"xyba");
        assert_eq!(renaming.apply(b"ba"), b"ba");
    }
}

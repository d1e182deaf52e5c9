//! The smallest service: answers every request with one line, or with `MiB` of text for `/<MiB>`. For load tests.
//!
//! `cargo run --release -p kit-http --features ring --example hello`, then `wrk -t1 -c16 http://127.0.0.1:28180/`.

use std::error::Error;

use bytes::Bytes;
use kit_http::{Body, Handler, Request, Response, Server, listen, target};

#[derive(Clone)]
struct Hello {
    block: Bytes,
}

impl Handler for Hello {
    async fn handle(&self, request: Request) -> Response {
        let path = String::from_utf8_lossy(target(&request)).into_owned();
        let blocks = path
            .trim_start_matches('/')
            .parse::<usize>()
            .unwrap_or_default()
            * ((1 << 20) / self.block.len());
        Response::new(match blocks {
            0 => Body::from("hello\n"),
            count => std::iter::repeat_n(self.block.clone(), count).collect(),
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    kit_http::run(|stop| async move {
        let listeners = listen::open(&["127.0.0.1:28180"], false, "the example's address")?;
        let handler = Hello {
            block: Bytes::from(vec![b'x'; 8 << 10]),
        };
        Server::new(listeners).serve(handler, stop).await?;
        Ok::<_, Box<dyn Error>>(())
    })
}

//! From a request to its answer. Which endpoint is meant is found by `routes`, the endpoints are in the files below.
//!
//! Source: pushgateway main.go (`decodeRequest` and the handlers), handler/misc.go, api/v1/api.go.

mod admin;
mod push;
mod scrape;

use std::{borrow::Cow, sync::Arc};

use http::{HeaderMap, Method, StatusCode};
use kit_http::{Handler, Request, Response, Shutdown, error_response};
use kit_telemetry::BuildInfo;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use tokio::sync::Semaphore;

use crate::{
    answer, api_v1,
    config::Config,
    page,
    routes::{Endpoint, Routed, Routes},
    self_metrics::SelfMetrics,
    store::{Store, clock::Moment},
};

/// The service, as it is given to every connection.
#[derive(Clone, Debug)]
pub(crate) struct Gateway(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: Config,
    routes: Routes,
    store: Arc<Store>,
    metrics: Arc<SelfMetrics>,
    build: BuildInfo,
    started: Moment,
    stop: Shutdown,
    /// Turns to parse and apply a large push: a hostile body costs a multiple of its size while it is parsed.
    large_pushes: Semaphore,
}

/// Large pushes that are parsed and applied at once.
const LARGE_PUSHES_MAX: usize = 2;

impl Gateway {
    pub(crate) fn new(
        config: Config,
        store: Arc<Store>,
        metrics: Arc<SelfMetrics>,
        build: BuildInfo,
        stop: Shutdown,
    ) -> Self {
        let routes = Routes::new(
            &config.route_prefix,
            &config.telemetry_path,
            config.admin_api,
        );
        Self(Arc::new(Shared {
            config,
            routes,
            store,
            metrics,
            build,
            started: Moment::now(),
            stop,
            large_pushes: Semaphore::new(LARGE_PUSHES_MAX),
        }))
    }
}

impl Handler for Gateway {
    async fn handle(&self, request: Request) -> Response {
        let shared = &self.0;
        let target = text_of(kit_http::target(&request)).into_owned();
        let (path, query) = target
            .split_once('?')
            .map_or((&*target, None), |(path, query)| (path, Some(query)));
        let routed = shared.routes.find(request.method(), path);
        if let Routed::To(Endpoint::Push(target)) = routed {
            return shared.push_or_delete(&target, request).await;
        }
        let (method, headers) = (request.method().clone(), request.headers().clone());
        // Upstream opens a compressed body before it looks at the path, and one that cannot be opened ends there.
        if !shared.routes.is_api(path.as_bytes())
            && let Err(refusal) = push::open_body(request, shared.body_bytes_max()).await
        {
            return refusal;
        }
        match routed {
            Routed::To(endpoint) => shared.answer(endpoint, &method, query, &headers).await,
            routed => unrouted(routed, &method, query),
        }
    }
}

impl Shared {
    async fn answer(
        &self,
        endpoint: Endpoint,
        method: &Method,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Response {
        let (handler, response) = match endpoint {
            Endpoint::Exposition => return self.scrape(headers).await,
            Endpoint::Quit => return self.quit(),
            Endpoint::QuitRefusal => {
                let text = "Only POST or PUT requests allowed."; // upstream's text
                return answer::plain(StatusCode::METHOD_NOT_ALLOWED, text);
            }
            Endpoint::ApiGroups => return self.delete_matching(query.unwrap_or_default()).await,
            Endpoint::Push(_) => unreachable!("pushes were answered before"),
            Endpoint::Page => ("status", self.page(query).await),
            Endpoint::Static(path) => ("static", page::asset(&path)),
            Endpoint::Healthy => ("healthy", self.health()),
            Endpoint::Ready => ("ready", self.health()),
            Endpoint::Wipe => ("wipe", self.wipe().await),
            Endpoint::ApiOptions => (
                "api/v1/options",
                answer::with_cors(answer::empty(StatusCode::OK)),
            ),
            Endpoint::ApiStatus => {
                let json = api_v1::status(&self.build, &self.config.shown_flags(), self.started);
                ("api/v1/status", answer::json(vec![json]))
            }
            Endpoint::ApiMetrics => {
                let state = self.store.state();
                (
                    "api/v1/metrics",
                    answer::json(blocking(move || api_v1::metrics(&state)).await),
                )
            }
        };
        self.metrics.count(handler, method, response.status());
        response
    }

    async fn page(&self, query: Option<&str>) -> Response {
        let state = self.store.state();
        let view = page::View {
            prefix: self.config.external_prefix.clone(),
            admin_api: self.config.admin_api,
            build: self.build.clone(),
            flags: self.config.shown_flags(),
            started: self.started,
            query: query.unwrap_or_default().to_owned(),
        };
        blocking(move || page::render(&view, &state)).await
    }
}

/// Answers what leads to no endpoint.
fn unrouted(routed: Routed, method: &Method, query: Option<&str>) -> Response {
    match routed {
        Routed::Redirect { permanent, path } => {
            let location = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
            answer::redirect(method, permanent, &location)
        }
        Routed::MethodNotAllowed { allow } => {
            let refusal = error_response(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            answer::with_allow(refusal, &allow)
        }
        Routed::Options { allow } => answer::with_allow(answer::empty(StatusCode::OK), &allow),
        Routed::NotFound | Routed::To(_) => {
            error_response(StatusCode::NOT_FOUND, "404 page not found")
        }
    }
}

/// Runs work that takes long on a thread of its own, so that other requests do not wait for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .expect("the work does not panic")
}

/// Returns a request target as text; bytes that are not UTF-8 become the escapes that mean the same.
fn text_of(target: &[u8]) -> Cow<'_, str> {
    const NOT_TEXT: &AsciiSet = CONTROLS;
    std::str::from_utf8(target)
        .map_or_else(|_| percent_encode(target, NOT_TEXT).into(), Cow::Borrowed)
}

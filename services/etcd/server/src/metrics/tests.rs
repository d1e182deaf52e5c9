use http::HeaderMap;
use kit_http::Body;

use super::*;

fn shown(metrics: &Metrics) -> String {
    let Body::One(bytes) = page(metrics, &HeaderMap::new()).into_body() else {
        panic!("the page is one piece");
    };
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_upstream_shows_from_the_beginning_is_there() {
    let page = shown(&Metrics::new(Detail::Basic));
    for line in [
        "etcd_server_has_leader 0",
        "etcd_server_proposals_failed_total 0",
        "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 0",
        "etcd_disk_backend_commit_duration_seconds_bucket{le=\"8.192\"} 0",
        "etcd_debugging_lease_ttl_total_bucket{le=\"8.388608e+06\"} 0",
        "etcd_grpc_proxy_cache_hits_total 0",
        "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 0",
        "# TYPE etcd_server_proposals_applied_total gauge",
    ] {
        assert!(page.lines().any(|it| it == line), "{line} is missing");
    }
    assert!(!page.contains("grpc_server_handling_seconds"));
    assert!(
        shown(&Metrics::new(Detail::Extensive)).contains("grpc_server_handling_seconds_bucket")
    );
}

#[test]
fn clients_cannot_make_metrics_without_end() {
    let metrics = Metrics::new(Detail::Basic);
    for version in 0..1000 {
        metrics.client_request(Kind::Unary, &format!("3.{version}"));
    }
    let page = shown(&metrics);
    let lines = page
        .lines()
        .filter(|it| it.starts_with("etcd_server_client_requests_total{"));
    assert_eq!(lines.count(), CLIENT_VERSIONS_MAX + 1);
    let rest =
        "etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"unary\"} 936";
    assert!(page.lines().any(|it| it == rest));
}

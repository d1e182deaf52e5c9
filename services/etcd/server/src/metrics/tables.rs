//! Every metric of a member by name, type, help text and labels, in tables by what they are about. Those of gRPC are in
//! [`grpc`](super::grpc), those of the process in kit-metrics.
//!
//! Source: the page of etcd 3.7.3; etcd v3.7 server/etcdserver/metrics.go and its kin.

use super::declare::tables;

tables! {
    /// Metrics of requests, consensus and health.
    Server {
        gauges cluster_version ["cluster_version"] = "etcd_cluster_version":
            "Which version is running. 1 for 'cluster_version' label with current cluster version",
        gauges alarms ["server_id", "alarm_type"] = "etcd_debugging_server_alarms":
            "Alarms for every member in cluster. 1 for 'server_id' label with current ID. 2 for 'alarm_type' label with type of this alarm",
        counter lease_expired_total = "etcd_debugging_server_lease_expired_total":
            "The total number of expired leases.",
        histogram watch_send_loop_control_stream_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_server_watch_send_loop_control_stream_duration_seconds":
            "The total duration in seconds of running through the send loop control stream response.",
        histogram watch_send_loop_progress_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_server_watch_send_loop_progress_duration_seconds":
            "The total duration in seconds of running through the progress loop control stream response.",
        histogram watch_send_loop_watch_stream_duration_per_event_seconds (0.001, 2.0, 14) = "etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds":
            "The average duration in seconds of running through the send loop watch stream response, per event.",
        histogram watch_send_loop_watch_stream_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_server_watch_send_loop_watch_stream_duration_seconds":
            "The total duration in seconds of running through the send loop watch stream response all events.",
        histograms apply_duration_seconds ["version", "op", "success"] (0.0001, 2.0, 20) = "etcd_server_apply_duration_seconds":
            "The latency distributions of v2 apply called by backend.",
        counters client_requests_total ["type", "client_api_version"] = "etcd_server_client_requests_total":
            "The total number of client requests per client version.",
        gauges feature_enabled ["name", "stage"] = "etcd_server_feature_enabled":
            "Whether or not a feature is enabled. 1 is enabled, 0 is not.",
        gauges go_version ["server_go_version"] = "etcd_server_go_version":
            "Which Go version server is running with. 1 for 'server_go_version' label with current version.",
        gauge has_leader = "etcd_server_has_leader":
            "Whether or not a leader exists. 1 is existence, 0 is not.",
        counter health_failures = "etcd_server_health_failures":
            "The total number of failed health checks",
        counter health_success = "etcd_server_health_success":
            "The total number of successful health checks",
        gauges healthcheck ["type", "name"] = "etcd_server_healthcheck":
            "The result of each kind of healthcheck.",
        counters healthchecks_total ["type", "name", "status"] = "etcd_server_healthchecks_total":
            "The total number of each kind of healthcheck.",
        counter heartbeat_send_failures_total = "etcd_server_heartbeat_send_failures_total":
            "The total number of leader heartbeat send failures (likely overloaded from slow disk).",
        gauges id ["server_id"] = "etcd_server_id":
            "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
        gauge is_leader = "etcd_server_is_leader":
            "Whether or not this member is a leader. 1 if is, 0 otherwise.",
        gauge is_learner = "etcd_server_is_learner":
            "Whether or not this member is a learner. 1 if is, 0 otherwise.",
        counter leader_changes_seen_total = "etcd_server_leader_changes_seen_total":
            "The number of leader changes seen.",
        counters learner_promote_failures ["Reason"] = "etcd_server_learner_promote_failures":
            "The total number of failed learner promotions (likely learner not ready) while this member is leader.",
        counter learner_promote_successes = "etcd_server_learner_promote_successes":
            "The total number of successful learner promotions while this member is leader.",
        gauge proposals_applied_total = "etcd_server_proposals_applied_total":
            "The total number of consensus proposals applied.",
        gauge proposals_committed_total = "etcd_server_proposals_committed_total":
            "The total number of consensus proposals committed.",
        counter proposals_failed_total = "etcd_server_proposals_failed_total":
            "The total number of failed proposals seen.",
        gauge proposals_pending = "etcd_server_proposals_pending":
            "The current number of pending proposals to commit.",
        gauge quota_backend_bytes = "etcd_server_quota_backend_bytes":
            "Current backend storage quota size in bytes.",
        histograms range_duration_seconds ["success"] (0.0001, 2.0, 20) = "etcd_server_range_duration_seconds":
            "The latency distributions of txn.Range",
        counter read_indexes_failed_total = "etcd_server_read_indexes_failed_total":
            "The total number of failed read indexes seen.",
        histograms request_duration_seconds ["type", "success"] (0.001, 2.0, 14) = "etcd_server_request_duration_seconds":
            "Response latency distribution in seconds for each type.",
        counter slow_apply_total = "etcd_server_slow_apply_total":
            "The total number of slow apply requests (likely overloaded from slow disk).",
        counter slow_read_indexes_total = "etcd_server_slow_read_indexes_total":
            "The total number of pending read indexes not in sync with leader's or timed out read index requests.",
        gauge snapshot_apply_in_progress_total = "etcd_server_snapshot_apply_in_progress_total":
            "1 if the server is applying the incoming snapshot. 0 if none.",
        gauges version ["server_version"] = "etcd_server_version":
            "Which version is running. 1 for 'server_version' label with current version.",
    }
    /// Metrics of clients and peers.
    Network {
        gauges active_peers ["Local", "Remote"] = "etcd_network_active_peers":
            "The current number of active peer connections.",
        counter client_grpc_received_bytes_total = "etcd_network_client_grpc_received_bytes_total":
            "The total number of bytes received from grpc clients.",
        counter client_grpc_sent_bytes_total = "etcd_network_client_grpc_sent_bytes_total":
            "The total number of bytes sent to grpc clients.",
        counters disconnected_peers_total ["Local", "Remote"] = "etcd_network_disconnected_peers_total":
            "The total number of disconnected peers.",
        gauges known_peers ["Local", "Remote"] = "etcd_network_known_peers":
            "The current number of known peers.",
        counters peer_received_bytes_total ["From"] = "etcd_network_peer_received_bytes_total":
            "The total number of bytes received from peers.",
        counters peer_received_failures_total ["From"] = "etcd_network_peer_received_failures_total":
            "The total number of receive failures from peers.",
        histograms peer_round_trip_time_seconds ["To"] (0.0001, 2.0, 16) = "etcd_network_peer_round_trip_time_seconds":
            "Round-Trip-Time histogram between peers",
        counters peer_sent_bytes_total ["To"] = "etcd_network_peer_sent_bytes_total":
            "The total number of bytes sent to peers.",
        counters peer_sent_failures_total ["To"] = "etcd_network_peer_sent_failures_total":
            "The total number of send failures from peers.",
        counters server_stream_failures_total ["Type", "API"] = "etcd_network_server_stream_failures_total":
            "The total number of stream failures from the local server.",
        counters snapshot_receive_failures ["From"] = "etcd_network_snapshot_receive_failures":
            "Total number of snapshot receive failures",
        gauges snapshot_receive_inflights_total ["From"] = "etcd_network_snapshot_receive_inflights_total":
            "Total number of inflight snapshot receives",
        counters snapshot_receive_success ["From"] = "etcd_network_snapshot_receive_success":
            "Total number of successful snapshot receives",
        histograms snapshot_receive_total_duration_seconds ["From"] (0.1, 2.0, 10) = "etcd_network_snapshot_receive_total_duration_seconds":
            "Total latency distributions of v3 snapshot receives",
        counters snapshot_send_failures ["To"] = "etcd_network_snapshot_send_failures":
            "Total number of snapshot send failures",
        gauges snapshot_send_inflights_total ["To"] = "etcd_network_snapshot_send_inflights_total":
            "Total number of inflight snapshot sends",
        counters snapshot_send_success ["To"] = "etcd_network_snapshot_send_success":
            "Total number of successful snapshot sends",
        histograms snapshot_send_total_duration_seconds ["To"] (0.1, 2.0, 10) = "etcd_network_snapshot_send_total_duration_seconds":
            "Total latency distributions of v3 snapshot sends",
    }
    /// Metrics of the log, the store and snapshots.
    Disk {
        histogram backend_commit_rebalance_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_disk_backend_commit_rebalance_duration_seconds":
            "The latency distributions of commit.rebalance called by bboltdb backend.",
        histogram backend_commit_spill_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_disk_backend_commit_spill_duration_seconds":
            "The latency distributions of commit.spill called by bboltdb backend.",
        histogram backend_commit_write_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_disk_backend_commit_write_duration_seconds":
            "The latency distributions of commit.write called by bboltdb backend.",
        histogram snap_save_marshalling_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_snap_save_marshalling_duration_seconds":
            "The marshalling cost distributions of save called by snapshot.",
        histogram snap_save_total_duration_seconds (0.001, 2.0, 14) = "etcd_debugging_snap_save_total_duration_seconds":
            "The total latency distributions of save called by snapshot.",
        histogram backend_commit_duration_seconds (0.001, 2.0, 14) = "etcd_disk_backend_commit_duration_seconds":
            "The latency distributions of commit called by backend.",
        histogram backend_defrag_duration_seconds (0.1, 2.0, 13) = "etcd_disk_backend_defrag_duration_seconds":
            "The latency distribution of backend defragmentation.",
        histogram backend_snapshot_duration_seconds (0.01, 2.0, 17) = "etcd_disk_backend_snapshot_duration_seconds":
            "The latency distribution of backend snapshots.",
        gauge defrag_inflight = "etcd_disk_defrag_inflight":
            "Whether or not defrag is active on the member. 1 means active, 0 means not.",
        histogram wal_fsync_duration_seconds (0.001, 2.0, 14) = "etcd_disk_wal_fsync_duration_seconds":
            "The latency distributions of fsync called by WAL.",
        gauge wal_write_bytes_total = "etcd_disk_wal_write_bytes_total":
            "Total number of bytes written in WAL.",
        histogram wal_write_duration_seconds (0.001, 2.0, 14) = "etcd_disk_wal_write_duration_seconds":
            "The latency distributions of write called by WAL.",
        histogram snap_db_fsync_duration_seconds (0.001, 2.0, 14) = "etcd_snap_db_fsync_duration_seconds":
            "The latency distributions of fsyncing .snap.db file",
        histogram snap_db_save_total_duration_seconds (0.1, 2.0, 10) = "etcd_snap_db_save_total_duration_seconds":
            "The total latency distributions of v3 snapshot save",
        histogram snap_fsync_duration_seconds (0.001, 2.0, 14) = "etcd_snap_fsync_duration_seconds":
            "The latency distributions of fsync called by snap.",
    }
    /// Metrics of keys, watches, leases and users.
    Store {
        gauge auth_revision = "etcd_debugging_auth_revision":
            "The current revision of auth store.",
        counter lease_granted_total = "etcd_debugging_lease_granted_total":
            "The total number of granted leases.",
        counter lease_renewed_total = "etcd_debugging_lease_renewed_total":
            "The number of renewed leases seen by the leader.",
        counter lease_revoked_total = "etcd_debugging_lease_revoked_total":
            "The total number of revoked leases.",
        histogram lease_ttl_total (1.0, 2.0, 24) = "etcd_debugging_lease_ttl_total":
            "Bucketed histogram of lease TTLs.",
        gauge compact_revision = "etcd_debugging_mvcc_compact_revision":
            "The revision of the last compaction in store.",
        gauge current_revision = "etcd_debugging_mvcc_current_revision":
            "The current revision of store.",
        counter db_compaction_keys_total = "etcd_debugging_mvcc_db_compaction_keys_total":
            "Total number of db keys compacted.",
        gauge db_compaction_last = "etcd_debugging_mvcc_db_compaction_last":
            "The unix time of the last db compaction. Resets to 0 on start.",
        histogram db_compaction_pause_duration_milliseconds (1.0, 2.0, 13) = "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds":
            "Bucketed histogram of db compaction pause duration.",
        histogram db_compaction_total_duration_milliseconds (100.0, 2.0, 14) = "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds":
            "Bucketed histogram of db compaction total duration.",
        counter events_total = "etcd_debugging_mvcc_events_total":
            "Total number of events sent by this member.",
        histogram index_compaction_pause_duration_milliseconds (0.5, 2.0, 14) = "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds":
            "Bucketed histogram of index compaction pause duration.",
        gauge keys_total = "etcd_debugging_mvcc_keys_total":
            "Total number of keys.",
        gauge pending_events_total = "etcd_debugging_mvcc_pending_events_total":
            "Total number of pending events to be sent.",
        gauge slow_watcher_total = "etcd_debugging_mvcc_slow_watcher_total":
            "Total number of unsynced slow watchers.",
        gauge total_put_size_in_bytes = "etcd_debugging_mvcc_total_put_size_in_bytes":
            "The total size of put kv pairs seen by this member.",
        gauge watch_stream_total = "etcd_debugging_mvcc_watch_stream_total":
            "Total number of watch streams.",
        gauge watcher_total = "etcd_debugging_mvcc_watcher_total":
            "Total number of watchers.",
        gauge db_open_read_transactions = "etcd_mvcc_db_open_read_transactions":
            "The number of currently open read transactions",
        gauge db_total_size_in_bytes = "etcd_mvcc_db_total_size_in_bytes":
            "Total size of the underlying database physically allocated in bytes.",
        gauge db_total_size_in_use_in_bytes = "etcd_mvcc_db_total_size_in_use_in_bytes":
            "Total size of the underlying database logically in use in bytes.",
        counter delete_total = "etcd_mvcc_delete_total":
            "Total number of deletes seen by this member.",
        histogram hash_duration_seconds (0.01, 2.0, 15) = "etcd_mvcc_hash_duration_seconds":
            "The latency distribution of storage hash operation.",
        histogram hash_rev_duration_seconds (0.01, 2.0, 15) = "etcd_mvcc_hash_rev_duration_seconds":
            "The latency distribution of storage hash by revision operation.",
        counter put_total = "etcd_mvcc_put_total":
            "Total number of puts seen by this member.",
        counter range_total = "etcd_mvcc_range_total":
            "Total number of ranges seen by this member.",
        counter txn_total = "etcd_mvcc_txn_total":
            "Total number of txns seen by this member.",
    }
    /// Metrics of the page itself.
    Scrapes {
        gauge in_flight = "promhttp_metric_handler_requests_in_flight":
            "Current number of scrapes being served.",
        counters total ["code"] = "promhttp_metric_handler_requests_total":
            "Total number of scrapes by HTTP status code.",
    }
    /// Metrics of what upstream has and never uses here: the proxy of `etcd grpc-proxy`, the store of version 2.
    Remains {
        counters store_reads_total ["action"] = "etcd_debugging_store_reads_total":
            "Total number of reads action by (get/getRecursive), local to this member.",
        counters store_writes_total ["action"] = "etcd_debugging_store_writes_total":
            "Total number of writes (e.g. set/compareAndDelete) seen by this member.",
        counters store_reads_failed_total ["action"] = "etcd_debugging_store_reads_failed_total":
            "Failed read actions by (get/getRecursive), local to this member.",
        counters store_writes_failed_total ["action"] = "etcd_debugging_store_writes_failed_total":
            "Failed write actions (e.g. set/compareAndDelete), seen by this member.",
        counter store_expires_total = "etcd_debugging_store_expires_total":
            "Total number of expired keys.",
        counter store_watch_requests_total = "etcd_debugging_store_watch_requests_total":
            "Total number of incoming watch requests (new or reestablished).",
        gauge store_watchers = "etcd_debugging_store_watchers":
            "Count of currently active watchers.",
        gauge grpc_proxy_cache_hits_total = "etcd_grpc_proxy_cache_hits_total":
            "Total number of cache hits",
        gauge grpc_proxy_cache_keys_total = "etcd_grpc_proxy_cache_keys_total":
            "Total number of keys/ranges cached",
        gauge grpc_proxy_cache_misses_total = "etcd_grpc_proxy_cache_misses_total":
            "Total number of cache misses",
        counter grpc_proxy_events_coalescing_total = "etcd_grpc_proxy_events_coalescing_total":
            "Total number of events coalescing",
        gauge grpc_proxy_watchers_coalescing_total = "etcd_grpc_proxy_watchers_coalescing_total":
            "Total number of current watchers coalescing",
    }
}

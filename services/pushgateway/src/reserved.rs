//! Metric names that belong to the Pushgateway itself: what a push under such a name must agree with.
//!
//! Upstream exposes all of these. Of the Go runtime's we expose two (deviation D7), yet a push that upstream refuses for clashing
//! with one must be refused here too, so all names stay reserved with their type and help.
//!
//! Source: client_golang v1.23.2 collectors; pushgateway handler/misc.go, storage/diskmetricstore.go `predefinedHelp`.

use kit_metrics::model::MetricType::{self, Counter, Gauge, Summary};

/// A name of our own.
#[derive(Debug)]
pub(crate) struct Reserved {
    pub(crate) name: &'static str,
    pub(crate) kind: MetricType,
    pub(crate) help: &'static str,
    /// Whether a push may bring another help text, which ours then replaces in the exposition.
    pub(crate) replaces_help: bool,
}

/// Finds the reserved name.
pub(crate) fn find(name: &str) -> Option<&'static Reserved> {
    RESERVED
        .binary_search_by(|own| own.name.cmp(name))
        .ok()
        .map(|at| &RESERVED[at])
}

const fn with_help_of_ours(name: &'static str, kind: MetricType, help: &'static str) -> Reserved {
    Reserved {
        name,
        kind,
        help,
        replaces_help: true,
    }
}

const fn with_help_that_must_agree(
    name: &'static str,
    kind: MetricType,
    help: &'static str,
) -> Reserved {
    Reserved {
        name,
        kind,
        help,
        replaces_help: false,
    }
}

/// Sorted by name.
#[rustfmt::skip]
static RESERVED: &[Reserved] = &[
    with_help_of_ours("go_gc_duration_seconds", Summary, "A summary of the wall-time pause (stop-the-world) duration in garbage collection cycles."),
    with_help_of_ours("go_gc_gogc_percent", Gauge, "Heap size target percentage configured by the user, otherwise 100. This value is set by the GOGC environment variable, and the runtime/debug.SetGCPercent function. Sourced from /gc/gogc:percent."),
    with_help_of_ours("go_gc_gomemlimit_bytes", Gauge, "Go runtime memory limit configured by the user, otherwise math.MaxInt64. This value is set by the GOMEMLIMIT environment variable, and the runtime/debug.SetMemoryLimit function. Sourced from /gc/gomemlimit:bytes."),
    with_help_of_ours("go_goroutines", Gauge, "Number of goroutines that currently exist."),
    with_help_of_ours("go_info", Gauge, "Information about the Go environment."),
    with_help_of_ours("go_memstats_alloc_bytes", Gauge, "Number of bytes allocated in heap and currently in use. Equals to /memory/classes/heap/objects:bytes."),
    with_help_of_ours("go_memstats_alloc_bytes_total", Counter, "Total number of bytes allocated in heap until now, even if released already. Equals to /gc/heap/allocs:bytes."),
    with_help_of_ours("go_memstats_buck_hash_sys_bytes", Gauge, "Number of bytes used by the profiling bucket hash table. Equals to /memory/classes/profiling/buckets:bytes."),
    with_help_of_ours("go_memstats_frees_total", Counter, "Total number of heap objects frees. Equals to /gc/heap/frees:objects + /gc/heap/tiny/allocs:objects."),
    with_help_of_ours("go_memstats_gc_sys_bytes", Gauge, "Number of bytes used for garbage collection system metadata. Equals to /memory/classes/metadata/other:bytes."),
    with_help_of_ours("go_memstats_heap_alloc_bytes", Gauge, "Number of heap bytes allocated and currently in use, same as go_memstats_alloc_bytes. Equals to /memory/classes/heap/objects:bytes."),
    with_help_of_ours("go_memstats_heap_idle_bytes", Gauge, "Number of heap bytes waiting to be used. Equals to /memory/classes/heap/released:bytes + /memory/classes/heap/free:bytes."),
    with_help_of_ours("go_memstats_heap_inuse_bytes", Gauge, "Number of heap bytes that are in use. Equals to /memory/classes/heap/objects:bytes + /memory/classes/heap/unused:bytes"),
    with_help_of_ours("go_memstats_heap_objects", Gauge, "Number of currently allocated objects. Equals to /gc/heap/objects:objects."),
    with_help_of_ours("go_memstats_heap_released_bytes", Gauge, "Number of heap bytes released to OS. Equals to /memory/classes/heap/released:bytes."),
    with_help_of_ours("go_memstats_heap_sys_bytes", Gauge, "Number of heap bytes obtained from system. Equals to /memory/classes/heap/objects:bytes + /memory/classes/heap/unused:bytes + /memory/classes/heap/released:bytes + /memory/classes/heap/free:bytes."),
    with_help_of_ours("go_memstats_last_gc_time_seconds", Gauge, "Number of seconds since 1970 of last garbage collection."),
    with_help_of_ours("go_memstats_mallocs_total", Counter, "Total number of heap objects allocated, both live and gc-ed. Semantically a counter version for go_memstats_heap_objects gauge. Equals to /gc/heap/allocs:objects + /gc/heap/tiny/allocs:objects."),
    with_help_of_ours("go_memstats_mcache_inuse_bytes", Gauge, "Number of bytes in use by mcache structures. Equals to /memory/classes/metadata/mcache/inuse:bytes."),
    with_help_of_ours("go_memstats_mcache_sys_bytes", Gauge, "Number of bytes used for mcache structures obtained from system. Equals to /memory/classes/metadata/mcache/inuse:bytes + /memory/classes/metadata/mcache/free:bytes."),
    with_help_of_ours("go_memstats_mspan_inuse_bytes", Gauge, "Number of bytes in use by mspan structures. Equals to /memory/classes/metadata/mspan/inuse:bytes."),
    with_help_of_ours("go_memstats_mspan_sys_bytes", Gauge, "Number of bytes used for mspan structures obtained from system. Equals to /memory/classes/metadata/mspan/inuse:bytes + /memory/classes/metadata/mspan/free:bytes."),
    with_help_of_ours("go_memstats_next_gc_bytes", Gauge, "Number of heap bytes when next garbage collection will take place. Equals to /gc/heap/goal:bytes."),
    with_help_of_ours("go_memstats_other_sys_bytes", Gauge, "Number of bytes used for other system allocations. Equals to /memory/classes/other:bytes."),
    with_help_of_ours("go_memstats_stack_inuse_bytes", Gauge, "Number of bytes obtained from system for stack allocator in non-CGO environments. Equals to /memory/classes/heap/stacks:bytes."),
    with_help_of_ours("go_memstats_stack_sys_bytes", Gauge, "Number of bytes obtained from system for stack allocator. Equals to /memory/classes/heap/stacks:bytes + /memory/classes/os-stacks:bytes."),
    with_help_of_ours("go_memstats_sys_bytes", Gauge, "Number of bytes obtained from system. Equals to /memory/classes/total:byte."),
    with_help_of_ours("go_sched_gomaxprocs_threads", Gauge, "The current runtime.GOMAXPROCS setting, or the number of operating system threads that can execute user-level Go code simultaneously. Sourced from /sched/gomaxprocs:threads."),
    with_help_of_ours("go_threads", Gauge, "Number of OS threads created."),
    with_help_of_ours("process_cpu_seconds_total", Counter, "Total user and system CPU time spent in seconds."),
    with_help_of_ours("process_max_fds", Gauge, "Maximum number of open file descriptors."),
    with_help_of_ours("process_network_receive_bytes_total", Counter, "Number of bytes received by the process over the network."),
    with_help_of_ours("process_network_transmit_bytes_total", Counter, "Number of bytes sent by the process over the network."),
    with_help_of_ours("process_open_fds", Gauge, "Number of open file descriptors."),
    with_help_of_ours("process_resident_memory_bytes", Gauge, "Resident memory size in bytes."),
    with_help_of_ours("process_start_time_seconds", Gauge, "Start time of the process since unix epoch in seconds."),
    with_help_of_ours("process_virtual_memory_bytes", Gauge, "Virtual memory size in bytes."),
    with_help_of_ours("process_virtual_memory_max_bytes", Gauge, "Maximum amount of virtual memory available in bytes."),
    with_help_of_ours("pushgateway_build_info", Gauge, "A metric with a constant '1' value labeled by version, revision, branch, goversion from which pushgateway was built, and the goos and goarch for the build."),
    with_help_of_ours("pushgateway_groups_expired_total", Counter, "Total groups dropped because nobody pushed to them for their time to live."),
    with_help_that_must_agree("pushgateway_http_push_duration_seconds", Summary, "HTTP request duration for pushes to the Pushgateway."),
    with_help_that_must_agree("pushgateway_http_push_size_bytes", Summary, "HTTP request size for pushes to the Pushgateway."),
    with_help_that_must_agree("pushgateway_http_requests_total", Counter, "Total HTTP requests processed by the Pushgateway, excluding scrapes."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(RESERVED.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(find("go_goroutines").map(|own| own.kind), Some(Gauge));
        assert!(find("go_nonsense").is_none());
    }
}

//! The global flags.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/ctl.go.

use kit_cli::{Flag, Kind};

/// Flags every command has. Each may also come from a variable, `ETCDCTL_` and the name in capitals.
pub const GLOBAL: &[Flag] = &[
    Flag::new("endpoints", Kind::List, "gRPC endpoints")
        .default("127.0.0.1:2379")
        .hidden(),
    Flag::switch("debug", "enable client-side debug logging").hidden(),
    Flag::text(
        "write-out",
        "set the output format (fields, json, protobuf, simple, table)",
    )
    .short('w')
    .default("simple")
    .hints(&["fields", "json", "protobuf", "simple", "table"])
    .hidden(),
    Flag::switch("hex", "print byte strings as hex encoded strings").hidden(),
    Flag::new(
        "dial-timeout",
        Kind::Duration,
        "dial timeout for client connections",
    )
    .default("2s")
    .hidden(),
    Flag::new(
        "command-timeout",
        Kind::Duration,
        "timeout for short running command (excluding dial timeout)",
    )
    .default("5s")
    .hidden(),
    Flag::new(
        "keepalive-time",
        Kind::Duration,
        "keepalive time for client connections",
    )
    .default("2s")
    .hidden(),
    Flag::new(
        "keepalive-timeout",
        Kind::Duration,
        "keepalive timeout for client connections",
    )
    .default("6s")
    .hidden(),
    Flag::new(
        "max-request-bytes",
        Kind::Integer,
        "client-side request send limit in bytes (if 0, it defaults to 2.0 MiB (2 * 1024 * 1024).)",
    )
    .hidden(),
    Flag::new(
        "max-recv-bytes",
        Kind::Integer,
        "client-side response receive limit in bytes (if 0, it defaults to \"math.MaxInt32\")",
    )
    .hidden(),
    Flag::switch(
        "insecure-transport",
        "disable transport security for client connections",
    )
    .default("true")
    .hidden(),
    Flag::switch(
        "insecure-discovery",
        "accept insecure SRV records describing cluster endpoints",
    )
    .default("true")
    .hidden(),
    Flag::switch(
        "insecure-skip-tls-verify",
        "skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)",
    )
    .hidden(),
    Flag::text(
        "cert",
        "identify secure client using this TLS certificate file",
    )
    .hidden(),
    Flag::text("key", "identify secure client using this TLS key file").hidden(),
    Flag::text(
        "cacert",
        "verify certificates of TLS-enabled secure servers using this CA bundle",
    )
    .hidden(),
    Flag::text(
        "auth-jwt-token",
        "JWT token used for authentication (if this option is used, --user and --password should not be set)",
    )
    .hidden(),
    Flag::text(
        "user",
        "username[:password] for authentication (prompt if password is not supplied)",
    )
    .hidden(),
    Flag::text(
        "password",
        "password for authentication (if this option is used, --user option shouldn't include password)",
    )
    .hidden(),
    Flag::text(
        "discovery-srv",
        "domain name to query for SRV records describing cluster endpoints",
    )
    .short('d')
    .hidden(),
    Flag::text(
        "discovery-srv-name",
        "service name to query when using DNS discovery",
    )
    .hidden(),
];

/// `--cluster`, shared by `endpoint` and its commands.
pub(crate) const CLUSTER: &[Flag] = &[Flag::switch(
    "cluster",
    "use all endpoints from the cluster member list",
)];

pub(crate) const GET: &[Flag] = &[
    Flag::text("consistency", "Linearizable(l) or Serializable(s)")
        .default("l")
        .hints(&["l", "s"]),
    Flag::text(
        "order",
        "Order of results; ASCEND or DESCEND (ASCEND by default)",
    )
    .hints(&["ASCEND", "DESCEND"]),
    Flag::text(
        "sort-by",
        "Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION",
    )
    .hints(&["CREATE", "KEY", "MODIFY", "VALUE", "VERSION"]),
    Flag::new("limit", Kind::Integer, "Maximum number of results"),
    Flag::switch("prefix", "Get keys with matching prefix"),
    Flag::switch(
        "from-key",
        "Get keys that are greater than or equal to the given key using byte compare",
    ),
    Flag::new("rev", Kind::Integer, "Specify the kv revision"),
    Flag::switch("keys-only", "Get only the keys"),
    Flag::switch("count-only", "Get only the count"),
    Flag::switch(
        "print-value-only",
        "Only write values when using the \"simple\" output format",
    ),
    Flag::new("min-create-rev", Kind::Integer, "Minimum create revision"),
    Flag::new("max-create-rev", Kind::Integer, "Maximum create revision"),
    Flag::new(
        "min-mod-rev",
        Kind::Integer,
        "Minimum modification revision",
    ),
    Flag::new(
        "max-mod-rev",
        Kind::Integer,
        "Maximum modification revision",
    ),
    Flag::switch("stream", "Use the RangeStream RPC"),
];

pub(crate) const PUT: &[Flag] = &[
    Flag::text("lease", "lease ID (in hexadecimal) to attach to the key").default("0"),
    Flag::switch(
        "prev-kv",
        "return the previous key-value pair before modification",
    ),
    Flag::switch("ignore-value", "updates the key using its current value"),
    Flag::switch("ignore-lease", "updates the key using its current lease"),
];

pub(crate) const DEL: &[Flag] = &[
    Flag::switch("prefix", "delete keys with matching prefix"),
    Flag::switch("prev-kv", "return deleted key-value pairs"),
    Flag::switch(
        "from-key",
        "delete keys that are greater than or equal to the given key using byte compare",
    ),
    Flag::switch("range", "delete range of keys"),
];

pub(crate) const TXN: &[Flag] =
    &[Flag::switch("interactive", "Input transaction in interactive mode").short('i')];

pub(crate) const COMPACTION: &[Flag] = &[Flag::switch(
    "physical",
    "'true' to wait for compaction to physically remove all old revisions",
)];

pub(crate) const WATCH: &[Flag] = &[
    Flag::switch("interactive", "Interactive mode").short('i'),
    Flag::switch("prefix", "Watch on a prefix if prefix is set"),
    Flag::new("rev", Kind::Integer, "Revision to start watching"),
    Flag::switch(
        "prev-kv",
        "get the previous key-value pair before the event happens",
    ),
    Flag::switch(
        "progress-notify",
        "get periodic watch progress notification from server",
    ),
];

pub(crate) const TIME_TO_LIVE: &[Flag] = &[Flag::switch("keys", "Get keys attached to this lease")];

pub(crate) const KEEP_ALIVE: &[Flag] = &[Flag::switch(
    "once",
    "Resets the keep-alive time to its original value and cobrautl.Exits immediately",
)];

pub(crate) const HASHKV: &[Flag] = &[Flag::new(
    "rev",
    Kind::Integer,
    "maximum revision to hash (default: latest revision)",
)];

pub(crate) const MEMBER_ADD: &[Flag] = &[
    Flag::text("peer-urls", "comma separated peer URLs for the new member."),
    Flag::switch("learner", "indicates if the new member is raft learner"),
];

pub(crate) const MEMBER_UPDATE: &[Flag] = &[Flag::text(
    "peer-urls",
    "comma separated peer URLs for the updated member.",
)];

pub(crate) const MEMBER_LIST: &[Flag] =
    &[Flag::text("consistency", "Linearizable(l) or Serializable(s)").default("l")];

pub(crate) const MAKE_MIRROR: &[Flag] = &[
    Flag::text("prefix", "Key-value prefix to mirror"),
    Flag::new(
        "rev",
        Kind::Integer,
        "Specify the kv revision to start to mirror",
    ),
    Flag::new(
        "max-txn-ops",
        Kind::Unsigned,
        "Maximum number of operations permitted in a transaction during syncing updates.",
    )
    .default("128"),
    Flag::text(
        "dest-prefix",
        "destination prefix to mirror a prefix to a different prefix in the destination cluster",
    ),
    Flag::switch(
        "no-dest-prefix",
        "mirror key-values to the root of the destination cluster",
    ),
    Flag::text(
        "dest-cert",
        "Identify secure client using this TLS certificate file for the destination cluster",
    ),
    Flag::text("dest-key", "Identify secure client using this TLS key file"),
    Flag::text(
        "dest-cacert",
        "Verify certificates of TLS enabled secure servers using this CA bundle",
    ),
    Flag::switch(
        "dest-insecure-transport",
        "Disable transport security for client connections",
    )
    .default("true"),
    Flag::text(
        "dest-user",
        "Destination username[:password] for authentication (prompt if password is not supplied)",
    ),
    Flag::text(
        "dest-password",
        "Destination password for authentication (if this option is used, --user option shouldn't include password)",
    ),
];

pub(crate) const LOCK: &[Flag] =
    &[Flag::new("ttl", Kind::Integer, "timeout for session").default("10")];

pub(crate) const ELECT: &[Flag] = &[Flag::switch("listen", "observation mode").short('l')];

pub(crate) const USER_ADD: &[Flag] = &[
    Flag::switch(
        "interactive",
        "Read password from stdin instead of interactive terminal",
    )
    .default("true"),
    Flag::text(
        "new-user-password",
        "Supply password from the command line flag",
    ),
    Flag::switch(
        "no-password",
        "Create a user without password (CN based auth only)",
    ),
];

pub(crate) const USER_GET: &[Flag] = &[Flag::switch(
    "detail",
    "Show permissions of roles granted to the user",
)];

pub(crate) const USER_PASSWD: &[Flag] = &[Flag::switch(
    "interactive",
    "If true, read password from stdin instead of interactive terminal",
)
.default("true")];

pub(crate) const GRANT_PERMISSION: &[Flag] = &[
    Flag::switch("prefix", "grant a prefix permission"),
    Flag::switch(
        "from-key",
        "grant a permission of keys that are greater than or equal to the given key using byte compare",
    ),
];

pub(crate) const REVOKE_PERMISSION: &[Flag] = &[
    Flag::switch("prefix", "revoke a prefix permission"),
    Flag::switch(
        "from-key",
        "revoke a permission of keys that are greater than or equal to the given key using byte compare",
    ),
];

pub(crate) const CHECK_PERF: &[Flag] = &[
    Flag::text(
        "load",
        "The performance check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge). \
         Different workload models use different configurations in terms of number of clients and expected throughput.",
    )
    .default("s")
    .hints(&["small", "medium", "large", "xLarge"]),
    Flag::text(
        "prefix",
        "The prefix for writing the performance check's keys.",
    )
    .default("/etcdctl-check-perf/"),
    AUTO_COMPACT,
    AUTO_DEFRAG,
];

pub(crate) const CHECK_DATASCALE: &[Flag] = &[
    Flag::text(
        "load",
        "The datascale check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge)",
    )
    .default("s"),
    Flag::text(
        "prefix",
        "The prefix for writing the datascale check's keys.",
    )
    .default("/etcdctl-check-datascale/"),
    AUTO_COMPACT,
    AUTO_DEFRAG,
];

const AUTO_COMPACT: Flag = Flag::switch(
    "auto-compact",
    "Compact storage with last revision after test is finished.",
);

const AUTO_DEFRAG: Flag = Flag::switch("auto-defrag", "Defragment storage after test is finished.");

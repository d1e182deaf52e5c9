//! The tree of commands, as help shows it.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/ctl.go and ctlv3/command; the order is that of `rootCmd.AddCommand`.

use kit_cli::dialect::cobra::{App, Arguments, Command, SHELLS};

use crate::flags;

const KEY_VALUE: &str = "Key-value commands";
const MAINTENANCE: &str = "Cluster maintenance commands";
const CONCURRENCY: &str = "Concurrency commands";
const AUTHENTICATION: &str = "Authentication commands";
const UTILITY: &str = "Utility commands";

/// The program.
pub const APP: App = App {
    root: Command::new("etcdctl", "A simple command line client for etcd3.")
        .shared_flags(flags::GLOBAL)
        .children(COMMANDS),
    groups: &[KEY_VALUE, MAINTENANCE, CONCURRENCY, AUTHENTICATION, UTILITY],
    help_group: UTILITY,
    footer: "Use \"etcdctl options\" for a list of global command-line options (applies to all commands).",
};

const COMMANDS: &[Command] = &[
    GET.group(KEY_VALUE),
    PUT.group(KEY_VALUE),
    DEL.group(KEY_VALUE),
    TXN.group(KEY_VALUE),
    Command::new(
        "compaction [options] <revision>",
        "Compacts the event history in etcd",
    )
    .flags(flags::COMPACTION)
    .group(KEY_VALUE),
    Command::new(
        "alarm <subcommand>",
        "Alarm related commands. Use `etcdctl alarm --help` to see subcommands",
    )
    .long("Alarm related commands")
    .children(ALARM)
    .group(MAINTENANCE),
    Command::new(
        "defrag",
        "Defragments the storage of the etcd members with given endpoints",
    )
    .flags(flags::CLUSTER)
    .group(MAINTENANCE),
    Command::new(
        "endpoint <subcommand>",
        "Endpoint related commands. Use `etcdctl endpoint --help` to see subcommands",
    )
    .long("Endpoint related commands")
    .shared_flags(flags::CLUSTER)
    .children(ENDPOINT)
    .group(MAINTENANCE),
    Command::new(
        "move-leader <transferee-member-id>",
        "Transfers leadership to another etcd cluster member.",
    )
    .group(MAINTENANCE),
    WATCH.group(KEY_VALUE),
    Command::new("version", "Prints the version of etcdctl").group(UTILITY),
    Command::new(
        "lease <subcommand>",
        "Lease related commands. Use `etcdctl lease --help` to see subcommands",
    )
    .long("Lease related commands")
    .children(LEASE)
    .group(KEY_VALUE),
    Command::new(
        "member <subcommand>",
        "Membership related commands. Use `etcdctl member --help` to see subcommands",
    )
    .long("Membership related commands")
    .children(MEMBER)
    .group(MAINTENANCE),
    Command::new("snapshot <subcommand>", "Manages etcd node snapshots")
        .example(SNAPSHOT_EXAMPLE)
        .children(SNAPSHOT)
        .group(MAINTENANCE),
    Command::new(
        "make-mirror [options] <destination>",
        "Makes a mirror at the destination etcd cluster",
    )
    .flags(flags::MAKE_MIRROR)
    .group(UTILITY),
    Command::new(
        "lock <lockname> [exec-command arg1 arg2 ...]",
        "Acquires a named lock",
    )
    .flags(flags::LOCK)
    .group(CONCURRENCY),
    Command::new(
        "elect <election-name> [proposal]",
        "Observes and participates in leader election",
    )
    .flags(flags::ELECT)
    .group(CONCURRENCY),
    Command::new(
        "auth <enable or disable>",
        "Enable or disable authentication. Use `etcdctl auth --help` to see subcommands",
    )
    .long("Enable or disable authentication")
    .children(AUTH)
    .group(AUTHENTICATION),
    Command::new(
        "user <subcommand>",
        "User related commands. Use `etcdctl user --help` to see subcommands",
    )
    .long("User related commands")
    .children(USER)
    .group(AUTHENTICATION),
    Command::new(
        "role <subcommand>",
        "Role related commands. Use `etcdctl role --help` to see subcommands",
    )
    .long("Role related commands")
    .children(ROLE)
    .group(AUTHENTICATION),
    Command::new(
        "check <subcommand>",
        "commands for checking properties of the etcd cluster. Use `etcdctl check --help` to see subcommands",
    )
    .long("commands for checking properties of the etcd cluster")
    .children(CHECK)
    .group(UTILITY),
    Command::new(
        "completion [bash|zsh|fish|powershell]",
        "Generate completion script",
    )
    .long(COMPLETION_LONG)
    .arguments(Arguments::OneOf(SHELLS))
    .group(UTILITY),
    Command::new(
        "downgrade <TARGET_VERSION>",
        "Downgrade related commands. Use `etcdctl downgrade --help` to see subcommands",
    )
    .long("Downgrade related commands")
    .children(DOWNGRADE)
    .group(MAINTENANCE),
    Command::new("options", "Show the global command-line flags").group(UTILITY),
];

pub(crate) const GET: Command = Command::new(
    "get [options] <key> [range_end]",
    "Gets the key or a range of keys",
)
.flags(flags::GET);

pub(crate) const PUT: Command = Command::new(
    "put [options] <key> <value> (<value> can also be given from stdin)",
    "Puts the given key into the store",
)
.long(PUT_LONG)
.flags(flags::PUT);

pub(crate) const DEL: Command = Command::new(
    "del [options] <key> [range_end]",
    "Removes the specified key or range of keys [key, range_end)",
)
.flags(flags::DEL);

pub(crate) const WATCH: Command = Command::new(
    "watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
    "Watches events stream on keys or prefixes",
)
.flags(flags::WATCH);

const TXN: Command = Command::new(
    "txn [options]",
    "Txn processes all the requests in one transaction",
)
.long(TXN_LONG)
.flags(flags::TXN);

const ALARM: &[Command] = &[
    Command::new("disarm", "Disarms all alarms"),
    Command::new("list", "Lists all alarms"),
];

const ENDPOINT: &[Command] = &[
    Command::new(
        "health",
        "Checks the healthiness of endpoints specified in `--endpoints` flag",
    ),
    Command::new(
        "status",
        "Prints out the status of endpoints specified in `--endpoints` flag",
    )
    .long(
        "When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.\n\
         The items in the lists are endpoint, ID, version, db size, is leader, is learner, raft term, raft index, raft \
         applied index, errors.\n",
    ),
    Command::new(
        "hashkv",
        "Prints the KV history hash for each endpoint in --endpoints",
    )
    .flags(flags::HASHKV),
];

const LEASE: &[Command] = &[
    Command::new("grant <ttl>", "Creates leases"),
    Command::new("revoke <leaseID>", "Revokes leases"),
    Command::new("timetolive <leaseID> [options]", "Get lease information")
        .flags(flags::TIME_TO_LIVE),
    Command::new("list", "List all active leases"),
    Command::new(
        "keep-alive [options] <leaseID>",
        "Keeps leases alive (renew)",
    )
    .flags(flags::KEEP_ALIVE),
];

const MEMBER: &[Command] = &[
    Command::new(
        "add <memberName> [options]",
        "Adds a member into the cluster",
    )
    .flags(flags::MEMBER_ADD),
    Command::new("remove <memberID>", "Removes a member from the cluster"),
    Command::new(
        "update <memberID> [options]",
        "Updates a member in the cluster",
    )
    .flags(flags::MEMBER_UPDATE),
    Command::new("list", "Lists all members in the cluster")
        .long(
            "When --write-out is set to simple, this command prints out comma-separated member lists for each endpoint.\n\
             The items in the lists are ID, Status, Name, Peer Addrs, Client Addrs, Is Learner.\n",
        )
        .flags(flags::MEMBER_LIST),
    Command::new(
        "promote <memberID>",
        "Promotes a non-voting member in the cluster",
    )
    .long("Promotes a non-voting learner member to a voting one in the cluster.\n"),
];

const SNAPSHOT: &[Command] = &[Command::new(
    "save <filename>",
    "Stores an etcd node backend snapshot to a given file",
)
.example(SNAPSHOT_EXAMPLE)];

const AUTH: &[Command] = &[
    Command::new("enable", "Enables authentication"),
    Command::new("disable", "Disables authentication"),
    Command::new("status", "Returns authentication status"),
];

const USER: &[Command] = &[
    Command::new(
        "add <user name or user:password> [options]",
        "Adds a new user",
    )
    .flags(flags::USER_ADD),
    Command::new("delete <user name>", "Deletes a user"),
    Command::new(
        "get <user name> [options]",
        "Gets detailed information of a user",
    )
    .flags(flags::USER_GET),
    Command::new("list", "Lists all users"),
    Command::new("passwd <user name> [options]", "Changes password of user")
        .flags(flags::USER_PASSWD),
    Command::new(
        "grant-role <user name> <role name>",
        "Grants a role to a user",
    ),
    Command::new(
        "revoke-role <user name> <role name>",
        "Revokes a role from a user",
    ),
];

const ROLE: &[Command] = &[
    Command::new("add <role name>", "Adds a new role"),
    Command::new("delete <role name>", "Deletes a role"),
    Command::new("get <role name>", "Gets detailed information of a role"),
    Command::new("list", "Lists all roles"),
    Command::new(
        "grant-permission [options] <role name> <permission type> <key> [endkey]",
        "Grants a key to a role",
    )
    .flags(flags::GRANT_PERMISSION),
    Command::new(
        "revoke-permission <role name> <key> [endkey]",
        "Revokes a key from a role",
    )
    .flags(flags::REVOKE_PERMISSION),
];

const CHECK: &[Command] = &[
    Command::new(
        "perf [options]",
        "Check the performance of the etcd cluster",
    )
    .flags(flags::CHECK_PERF),
    Command::new(
        "datascale [options]",
        "Check the memory usage of holding data for different workloads on a given server endpoint.",
    )
    .long(
        "If no endpoint is provided, localhost will be used. If multiple endpoints are provided, first endpoint will be \
         used.",
    )
    .flags(flags::CHECK_DATASCALE),
];

const DOWNGRADE: &[Command] = &[
    Command::new(
        "validate <TARGET_VERSION>",
        "Validate downgrade capability before starting downgrade",
    ),
    Command::new(
        "enable <TARGET_VERSION>",
        "Start a downgrade action to cluster",
    ),
    Command::new("cancel", "Cancel the ongoing downgrade action to cluster"),
];

const PUT_LONG: &str = include_str!("help/put.txt");
const TXN_LONG: &str = include_str!("help/txn.txt");
const COMPLETION_LONG: &str = include_str!("help/completion.txt");
const SNAPSHOT_EXAMPLE: &str = include_str!("help/snapshot_example.txt");

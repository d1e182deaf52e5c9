//! The system calls of the baseline, and which of them an architecture has.

use seccompiler::TargetArch;

/// Newer architectures have only the later one of many pairs of calls. A name that nobody has fails to compile.
pub(super) fn exists(name: &str, arch: TargetArch) -> bool {
    match arch {
        TargetArch::x86_64 => true,
        TargetArch::aarch64 => !X86_ONLY.contains(&name),
        TargetArch::riscv64 => !X86_ONLY.contains(&name) && name != "renameat",
    }
}

/// Debugging others, changing the kernel, mounts, namespaces of others, keys, and the interfaces whose bugs are many.
pub(super) const DENIED: [&str; 43] = [
    "acct",
    "add_key",
    "bpf",
    "chroot",
    "delete_module",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "name_to_handle_at",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "reboot",
    "request_key",
    "setns",
    "swapoff",
    "swapon",
    "umount2",
    "userfaultfd",
];

/// What a service that starts no programs never does.
pub(super) const EXECUTING: [&str; 2] = ["execve", "execveat"];

/// CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
pub(super) const NEW_SPACES: [u64; 8] = [
    0x80,
    0x2_0000,
    0x200_0000,
    0x400_0000,
    0x800_0000,
    0x1000_0000,
    0x2000_0000,
    0x4000_0000,
];

/// Calls of x86-64 that aarch64 and riscv64 were made without.
const X86_ONLY: [&str; 38] = [
    "access",
    "alarm",
    "arch_prctl",
    "chmod",
    "chown",
    "creat",
    "dup2",
    "epoll_create",
    "epoll_wait",
    "eventfd",
    "fork",
    "futimesat",
    "getdents",
    "getpgrp",
    "inotify_init",
    "ioperm",
    "iopl",
    "lchown",
    "link",
    "lstat",
    "mkdir",
    "mknod",
    "open",
    "pause",
    "pipe",
    "poll",
    "readlink",
    "rename",
    "rmdir",
    "select",
    "signalfd",
    "stat",
    "symlink",
    "time",
    "unlink",
    "utime",
    "utimes",
    "vfork",
];

#!/usr/bin/env bash
# Lists the system calls a service makes once its sandbox is shut: `scripts/trace-system-calls.sh SERVICE PROGRAM... [--keep FILE]`.
# Runs every conformance case against each PROGRAM under strace with the guard's baseline filter, takes what comes after
# the filter was set, and adds the few calls that only failures make. What FILE lists already stays in. Needs strace.
#
#   scripts/trace-system-calls.sh pushgateway RING_PROGRAM FIPS_PROGRAM >list && mv list services/pushgateway/src/system_calls.txt
set -euo pipefail
cd "$(dirname "$0")/.."
service=$1
shift
keep=/dev/null
programs=()
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=$2 && shift 2 ;;
    *) programs+=("$(realpath "$1")") && shift ;;
    esac
done

# Ends by signal, panics, and what the kernel restarts: no healthy run shows them.
readonly RARE='exit_group futex getpid gettid restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn sched_yield sigaltstack tgkill'
# Usually answered without entering the kernel, but not under every hypervisor.
readonly VDSO='clock_getres clock_gettime clock_nanosleep getcpu gettimeofday'
# What architectures without the older calls make in their place.
readonly NEWER='epoll_pwait ppoll readlinkat renameat renameat2 unlinkat'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --quiet -p conformance-suite
suite=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/conformance-suite

for program in "${programs[@]}"; do
    # The tracer is the child (-D), so that signals reach the program itself.
    cat >"$work/$service" <<EOF
#!/bin/sh
case " \$* " in *" --version "*) exec $program "\$@" ;; esac
GUARD_SANDBOX=seccomp GUARD_REPORT=$work/report.\$\$ NOTIFY_SOCKET=$work/nobody WATCHDOG_USEC=100000 \\
    exec strace -D -f -qq -o $work/trace.\$\$ $program "\$@"
EOF
    chmod +x "$work/$service"
    "$suite" run --service "$service" --ours "$work/$service" >"$work/verdict" 2>&1 || {
        tail -5 "$work/verdict" >&2
        printf 'trace: cases failed under strace, which is slow; their calls count all the same\n' >&2
    }
done

printf '# System calls of %s behind the guard, for its strict profile. Made by scripts/trace-system-calls.sh.\n' "$service"
{
    for trace in "$work"/trace.*; do
        # `PID name(`: from the last filter on. Resumed calls were listed when they began.
        awk '/ seccomp\(/ { n = NR } { line[NR] = $2 } END { if (n) for (i = n + 1; i <= NR; i++) print line[i] }' "$trace"
    done | sed -n '/^syscall_0x/d; s/^\([a-z_0-9]*\)(.*/\1/p'
    printf '%s\n' $RARE $VDSO $NEWER
    grep -v '^#' "$keep" || true
} | sort -u

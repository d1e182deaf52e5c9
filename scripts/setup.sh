#!/usr/bin/env bash
# Makes the machine ready for a task: `scripts/setup.sh TASK...` with TASK one of build, up, test, fips,
# docker, release, deny, conformance, suites, fuzz.
# Installs missing Debian packages when it runs as root, and names them when it does not. Safe to run again: what is
# there already costs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

# The release of cargo-deny that .ci/run was written against.
readonly CARGO_DENY=0.20.2

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# need COMMAND PACKAGE: remembers the package when the command is missing.
missing=()
need() {
    command -v "$1" >/dev/null || missing+=("$2")
}

# want COMMAND PACKAGE WHY: like need, but a task works without it, only less of it.
want() {
    if ! command -v "$1" >/dev/null; then
        if [ "$(id -u)" = 0 ]; then missing+=("$2"); else printf 'setup: no %s: %s\n' "$2" "$3"; fi
    fi
}

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "missing: ${missing[*]} (Debian's names); install them and run this again"
    [ "$(id -u)" = 0 ] || fail "not root, and these packages are missing. Run as root: apt-get install -y ${missing[*]}"
    printf 'setup: installing %s\n' "${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null
    forbid_daemons
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# Packages such as prometheus would start a daemon on the ports that the suite and the kit use.
readonly POLICY=/usr/sbin/policy-rc.d
forbid_daemons() {
    [ ! -e "$POLICY" ] || return 0
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod +x "$POLICY"
    trap 'rm -f "$POLICY"' EXIT
}

# The toolchain of rust-toolchain.toml, through rustup when it is there.
check_rust() {
    local wanted
    wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    command -v cargo >/dev/null || fail "Rust is missing: install Rust $wanted with rustup, then run this again"
    if ! rustc --version >/dev/null 2>&1; then
        command -v rustup >/dev/null || fail "rustc does not start"
        printf 'setup: installing Rust %s\n' "$wanted"
        rustup toolchain install "$wanted" --profile minimal --component clippy --component rustfmt </dev/null
    fi
    local found
    found=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -1)" = "$wanted" ] || fail "Rust $found is too old: $wanted is needed"
}

# GCC 14 and later cannot build the validated module; clang or an older GCC can.
check_fips_compiler() {
    local compiler=${AWS_LC_FIPS_SYS_CC:-${CC:-cc}} major
    major=$("$compiler" -dumpversion | cut -d. -f1)
    if "$compiler" --version | grep -qi 'free software foundation' && [ "$major" -ge 14 ]; then
        fail "$compiler is GCC $major, which cannot build AWS-LC FIPS 3.1.0: set AWS_LC_FIPS_SYS_CC to GCC 13 or older, or to clang"
    fi
}

# Kept outside the tree beside the build folders; one build serves every clone.
install_cargo_deny() {
    local tools=${CASEMATE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/casemate/tools}
    [ "$("$tools/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $CARGO_DENY" ] || return 0
    printf 'setup: building cargo-deny %s (once, a few minutes)\n' "$CARGO_DENY"
    # Speed of the build counts more than speed of the tool, which runs for seconds.
    env -u RUSTFLAGS CARGO_TARGET_DIR="$tools/build" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --quiet --locked --version "$CARGO_DENY" --no-default-features --root "$tools" cargo-deny </dev/null
    rm -rf "$tools/build"
}

# has_go VERSION: a Go as recent as that, which Debian's may not be.
has_go() {
    local found
    found=$(go version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p')
    [ "$(printf '%s\n%s\n' "$1" "${found:-0}" | sort -V | head -1)" = "$1" ]
}

# Upstream's Pushgateway is built by a recent Go; without one Debian's older package stands in.
need_upstream() {
    if ! has_go 1.25; then
        printf 'setup: no Go 1.25 or later in PATH: cases are proven on Debian'"'"'s prometheus-pushgateway\n'
        need prometheus-pushgateway prometheus-pushgateway
    fi
}

for task in "$@"; do
    case $task in
    build) need cc build-essential ;;
    up) need curl curl ;;
    test)
        need git git
        need openssl openssl
        need go golang-go
        need python3 python3
        need curl curl
        need gzip gzip
        need strace strace
        need strip binutils
        need systemd-socket-activate systemd
        need setpriv util-linux
        need setcap libcap2-bin
        python3 -c 'import jsonschema' 2>/dev/null || missing+=(python3-jsonschema)
        want chromium chromium 'tests of the page in a browser are skipped'
        ;;
    docker)
        # Tests start a dockerd of their own; the package's is never started.
        want dockerd docker.io 'tests of real containers are skipped'
        want iptables iptables 'tests of real containers are skipped'
        want ip iproute2 'tests in network namespaces are skipped'
        want sysctl procps 'tests of port settings are skipped'
        ;;
    conformance)
        need prometheus prometheus
        python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
        need_upstream
        ;;
    suites)
        need flock util-linux
        need bc bc
        has_go 1.26 || printf 'setup: no Go 1.26 or later in PATH: upstream'"'"'s own tests of etcd will not run\n'
        ;;
    fips) need c++ g++ && need cmake cmake && need go golang-go && need perl perl ;;
    release) need strip binutils ;;
    fuzz) need c++ g++ ;;
    deny) ;;
    *) fail "unknown task $task" ;;
    esac
done
install_missing
check_rust
for task in "$@"; do
    case $task in
    fips) check_fips_compiler ;;
    deny) install_cargo_deny ;;
    esac
done

#!/usr/bin/env bash
# Clients of the field at work on our etcd: `scripts/conformance-clients-etcd.sh PROGRAM`. Debian's etcdctl (3.4) and Python's
# etcd3, taken from their registries into a cache and installed nowhere.
set -euo pipefail
cd "$(dirname "$0")/.."
ours=$(realpath "$1")
cache=${PEER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/casemate-peers}/clients-etcd
mkdir -p "$cache"
fail() {
    printf 'conformance-clients-etcd: %s\n' "$*" >&2
    exit 1
}
if [ ! -x "$cache/debian/usr/bin/etcdctl" ]; then
    (cd "$cache" && apt-get download -qq etcd-client && dpkg -x etcd-client_*.deb debian)
fi
if [ ! -e "$cache/venv/made" ]; then
    python3 -m venv "$cache/venv"
    # Its generated code is older than what protobuf 4 reads.
    "$cache/venv/bin/pip" install --quiet 'etcd3==0.12.0' 'protobuf<3.21'
    touch "$cache/venv/made"
fi

work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
peer=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$ours" --data-dir "$work/data" --listen-client-urls "http://127.0.0.1:$port" --advertise-client-urls "http://127.0.0.1:$port" \
    --listen-peer-urls "http://127.0.0.1:$peer" --log-level error 2>"$work/log" &
pid=$!
trap 'kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
curl --silent --fail --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 30 "http://127.0.0.1:$port/health" >/dev/null || fail "$(cat "$work/log")"

export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=127.0.0.1:$port
ctl() { "$cache/debian/usr/bin/etcdctl" "$@"; }
# said WANTED COMMAND...: the command says that.
said() {
    local wanted=$1 found
    shift
    found=$("$@" 2>&1) || fail "$*: $found"
    [ "$found" = "$wanted" ] || fail "$*: $found, and not $wanted"
}
said OK ctl put a 1
said $'a\n1' ctl get a
said $'a\n1\na\n2' bash -c "'$cache/debian/usr/bin/etcdctl' get a; '$cache/debian/usr/bin/etcdctl' put a 2 >/dev/null; '$cache/debian/usr/bin/etcdctl' get a"
said $'SUCCESS\n\nOK' bash -c "printf 'mod(\"a\") > \"0\"\n\nput b 3\n\nput c 4\n\n' | '$cache/debian/usr/bin/etcdctl' txn"
timeout 20 "$cache/debian/usr/bin/etcdctl" watch a --rev 2 >"$work/watched" & watcher=$!
for _ in $(seq 100); do [ "$(wc -l <"$work/watched")" -ge 6 ] && break; sleep 0.05; done
kill "$watcher" 2>/dev/null || true
said $'PUT\na\n1\nPUT\na\n2' cat "$work/watched"
lease=$(ctl lease grant 60 | sed 's/lease \([0-9a-f]*\) granted.*/\1/')
said OK ctl put --lease="$lease" leased x
ctl lease timetolive "$lease" --keys | grep -q 'attached keys(\[leased\])' || fail "no keys at the lease"
said "lease $lease revoked" ctl lease revoke "$lease"
said '' ctl get leased
said 1 ctl del b
said 'compacted revision 3' ctl compaction 3
ctl endpoint status -w json | grep -q '"version":"3.7.3"' || fail "no status"
ctl endpoint health 2>&1 | grep -q 'is healthy' || fail "not healthy"
ctl member list | grep -q started || fail "no member"
ctl defrag >/dev/null || fail "no defragmentation"
ctl snapshot save "$work/snapshot" >/dev/null 2>&1 || fail "no snapshot"
ctl snapshot status "$work/snapshot" >/dev/null || fail "a snapshot that etcdctl 3.4 does not read"
said 'alarm:NONE' bash -c "'$cache/debian/usr/bin/etcdctl' alarm list | grep . || echo alarm:NONE"
ctl user add root:secret >/dev/null && ctl role add root >/dev/null && ctl user grant-role root root >/dev/null
said 'Authentication Enabled' ctl auth enable
! ctl get a >/dev/null 2>&1 || fail "read without a user"
said $'a\n2' ctl --user root:secret get a
said 'Authentication Disabled' ctl --user root:secret auth disable
python=$("$cache/venv/bin/python" conformance/peers/clients-etcd.py "$port") || fail "Python's etcd3"
printf 'conformance-clients-etcd: etcdctl %s, Python %s\n' "$(ctl version | sed -n 's/etcdctl version: //p')" "$python"

#!/usr/bin/env bash
# A real Kubernetes API server on our etcd: `scripts/conformance-kube-etcd.sh PROGRAM`. It must get ready, carry 2,000 objects
# through three kills of etcd without a lost or doubled watch event (conformance/peers/kube/carry.py), and create objects at
# least as fast as on upstream's etcd, measured in turn. Builds kube-apiserver, kubectl and upstream's etcd once (about ten
# minutes); needs Go, openssl and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
ours=$(realpath "$1")
cache=${PEER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/casemate-peers}
kube=$cache/kube upstream=$cache/etcd/peer/etcd
[ -x "$kube/kubectl" ] || conformance/peers/kube/build.sh "$kube" kube-apiserver kubectl
[ -x "$upstream" ] || PEERS_CACHE=$cache/etcd conformance/peers/etcd/build.sh peer

work=$(mktemp -d)
trap 'for state in "$work"/*/; do sh conformance/peers/kube/stop.sh "$state"; done; rm -rf "$work"' EXIT
export APISERVER_ARGS='--watch-cache-sizes secrets#0 --event-ttl 20s --etcd-compaction-interval 10s'
fail() {
    printf 'conformance-kube-etcd: %s\n' "$*" >&2
    exit 1
}
# on ETCD NAME COMMAND...: starts an API server over it, runs the command, stops both.
on() {
    local etcd=$1 state=$work/$2
    shift 2
    ETCD_BIN=$etcd APISERVER_BIN=$kube/kube-apiserver sh conformance/peers/kube/start.sh "$state" >&2
    "$@" "$state" "$etcd" || fail "over $etcd"
    sh conformance/peers/kube/stop.sh "$state"
}
ready() { KUBECONFIG=$1/kubeconfig "$kube/kubectl" get --raw '/readyz?verbose' | tee "$1/readyz" | tail -1 | grep -q 'readyz check passed'; }
carry() { ready "$2" && python3 conformance/peers/kube/carry.py "$2" "$3" "$1"; }

[ "${2:-}" = speed ] || on "$ours" whole carry whole
declare -A p50 rate
for turn in 1 2; do
    for side in upstream ours; do
        said=$(on "${!side}" "$side-$turn" carry speed)
        printf '%-8s %s\n' "$side" "$said"
        p50[$side]+=" $(sed 's/.*"p50_ms": \([0-9.]*\).*/\1/' <<<"$said")"
        rate[$side]+=" $(sed 's/.*"per_second": \([0-9]*\).*/\1/' <<<"$said")"
    done
done
# The better of two turns each: the machine is shared.
least() { tr ' ' '\n' <<<"$1" | grep . | sort -n | head -1; }
most() { tr ' ' '\n' <<<"$1" | grep . | sort -n | tail -1; }
printf 'create p50: ours %s ms, upstream %s ms; throughput: ours %s/s, upstream %s/s\n' \
    "$(least "${p50[ours]}")" "$(least "${p50[upstream]}")" "$(most "${rate[ours]}")" "$(most "${rate[upstream]}")"

#!/usr/bin/env bash
# Upstream's own tests of etcd 3.7.3 (its modules tests/common and tests/e2e) against our programs.
#   scripts/suites-etcd.sh FOLDER quick    tests/common with one member, on ours (under two minutes)
#   scripts/suites-etcd.sh FOLDER          that and tests/e2e; then ours and upstream's mixed, either way round
# FOLDER holds our etcd and etcdctl. etcdutl is upstream's. Exit code: 0 all hold or nothing can run here, 1 a case fails.
set -euo pipefail
ours=$(cd "$1" && pwd)
what=${2:-all}
cd "$(dirname "$0")/.."
peers=conformance/peers/etcd

# Upstream's modules ask for it.
readonly GO=1.26
found=$(go version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p')
if [ "$(printf '%s\n%s\n' $GO "${found:-0}" | sort -V | head -1)" != $GO ]; then
    printf 'suites: NOT RUN: upstream'"'"'s tests need Go %s or later in PATH, found %s\n' $GO "${found:-none}"
    exit 0
fi
upstream=$($peers/build.sh peer | sed -n 's/^peer: //p')

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# mix NAME SERVER CLIENT: a folder of programs.
mix() {
    mkdir "$scratch/$1"
    ln -s "$2/etcd" "$3/etcdctl" "$upstream/etcdutl" "$scratch/$1/"
}

# suite MIX SUITE LIST
suite() {
    printf '\n=== %s: tests/%s, %s\n' "$1" "$2" "$3"
    $peers/suite.sh "$2" "$scratch/$1" -l "$peers/lists/$3" -t 120 || failed=1
}

mix ours "$ours" "$ours"
suite ours common single-member.txt
[ "$what" = quick ] && exit $failed
suite ours e2e single-member-e2e.txt
mix our-server "$ours" "$upstream"
mix our-client "$upstream" "$ours"
for mixture in our-server our-client; do
    suite $mixture common single-member.txt
    suite $mixture e2e single-member-e2e.txt
done
exit $failed

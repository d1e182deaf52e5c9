#!/usr/bin/env bash
# Has upstream's etcd 3.7.3 answer operations.txt and writes hashes.txt: every operation, and after `=>` what it gave.
#   record.sh FOLDER      the folder has upstream's etcd and etcdctl (conformance/peers/etcd/build.sh prints it)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peer=$1
data=$(mktemp -d)
client=$((20000 + RANDOM % 10000))
ctl() { "$peer/etcdctl" --endpoints "127.0.0.1:$client" "$@"; }
start() {
    "$peer/etcd" --data-dir "$data/etcd" --log-level error \
        --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
        --listen-peer-urls "http://127.0.0.1:$((client + 1))" \
        --initial-advertise-peer-urls "http://127.0.0.1:$((client + 1))" \
        --initial-cluster "default=http://127.0.0.1:$((client + 1))" 2>"$data/log" &
    server=$!
    until ctl endpoint health >/dev/null 2>&1; do kill -0 "$server"; done
}
stop() { kill "$server"; wait "$server" || true; }
trap 'stop; rm -rf "$data"' EXIT
start
while IFS= read -r line; do
    read -ra words <<<"$line"
    result=
    case ${words[0]:-} in
    '' | '#') ;;
    put) ctl put -- "${words[1]}" "${words[2]:-}" >/dev/null ;;
    del) ctl del "${words[@]:1}" >/dev/null ;;
    txn) printf '\n%s\n\n\n' "$(tr ';' '\n' <<<"${line#txn }" | sed 's/^ *//')" | ctl txn >/dev/null ;;
    lease)
        result=$(ctl lease grant "${words[2]}" | cut -d' ' -f2)
        ctl put --lease="$result" -- "${words[1]}" "${words[3]}" >/dev/null
        ;;
    compact) ctl compaction --physical "${words[1]}" >/dev/null ;;
    restart) stop; start ;;
    hash)
        result=$({ ctl endpoint hashkv --rev "${words[1]}" -w json 2>&1 || true; } |
            sed -nE 's/.*"hash":([0-9]+)(,"compact_revision":(-?[0-9]+))?(,"hash_revision":([0-9]+))?.*/\1 \3 \5/p; s/.*(required revision [a-z ]*).*/\1/p' |
            head -1)
        ;;
    *) echo "unknown: $line" >&2; exit 1 ;;
    esac
    printf '%s%s\n' "$line" "${result:+ => $result}"
done <"$here/operations.txt" >"$here/hashes.txt"

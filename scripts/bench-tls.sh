#!/usr/bin/env bash
# Measures our TLS beside rustls with its own providers: `scripts/bench-tls.sh [PAIRS]` (20, 30, 40, 60 or 100). Builds one
# worker per build, makes certificates, and runs two workers in turn. Fails when an interval stays below its bound:
# ring and aws-lc 0.97 of stock, fips 0.85 of aws-lc. At the end OpenSSL's own figures, for the eye.
set -euo pipefail
cd "$(dirname "$0")/../crypto/bench"

readonly PAIRS=${1:-40}
readonly BUILD=${CARGO_TARGET_DIR:?set by the Makefile}/bench
readonly WORKERS=$BUILD/workers
readonly CASES=(full-rsa full-ecdsa resumed-rsa resumed-ecdsa bulk-ecdsa)

# build NAME MANIFEST PROGRAM FEATURE
build() {
    CARGO_TARGET_DIR=$BUILD cargo build --quiet --release --locked --manifest-path "$2" --features "$4"
    cp "$BUILD/release/$3" "$WORKERS/$1"
}

# certificate NAME KEY...: a server's, below ca.crt.
certificate() {
    local name=$1
    shift
    openssl req -x509 -config openssl.cnf -newkey "$@" -nodes -days 2 -keyout "$name.key" -out "$name.crt" \
        -CA ca.crt -CAkey ca.key -subj /CN=server.test -addext subjectAltName=DNS:server.test \
        -addext extendedKeyUsage=serverAuth -addext basicConstraints=critical,CA:FALSE 2>/dev/null
}

mkdir -p "$WORKERS"
for feature in ring aws-lc; do
    build "ours-$feature" Cargo.toml crypto-bench $feature
    build "stock-$feature" stock/Cargo.toml crypto-bench-stock $feature
done
build ours-fips Cargo.toml crypto-bench fips

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(
    cd "$folder"
    printf '[req]\ndistinguished_name=dn\n[dn]\n' >openssl.cnf
    openssl req -x509 -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout ca.key \
        -out ca.crt -subj /CN=bench -addext basicConstraints=critical,CA:TRUE 2>/dev/null
    certificate rsa rsa:2048
    certificate ecdsa ec -pkeyopt ec_paramgen_curve:P-256
)

failed=0
compare() { python3 compare.py "$folder" "$WORKERS/$1" "$WORKERS/$2" "$3" "${@:4}" --pairs "$PAIRS" || failed=1; }
compare ours-ring stock-ring 0.97 "${CASES[@]}"
compare ours-aws-lc stock-aws-lc 0.97 "${CASES[@]}"
# The same group on both sides: the defaults of fips and aws-lc are different hybrids.
compare ours-fips ours-aws-lc 0.85 full-rsa-p256 full-ecdsa-p256 resumed-rsa-p256 resumed-ecdsa-p256 bulk-ecdsa
# What the bound is lost to, and the defaults; no bound.
compare ours-fips ours-aws-lc 0.00 share-ecdsa-p256 full-rsa full-ecdsa

# One client, s_time, and two servers: OpenSSL's own processes, wall clock, loopback.
for key in rsa ecdsa; do
    openssl s_server -accept 127.0.0.1:0 -cert "$folder/$key.crt" -key "$folder/$key.key" -www -tls1_3 \
        >"$folder/server" 2>/dev/null </dev/null &
    server=$!
    until grep -q '^ACCEPT' "$folder/server"; do sleep 0.05; done
    port=$(sed -n 's/^ACCEPT .*://p' "$folder/server")
    for kind in new reuse; do
        openssl s_time -connect "127.0.0.1:$port" -tls1_3 -$kind -time 3 2>/dev/null |
            sed -n "s/^\([0-9]* connections in .*user sec\).*/openssl s_time -$kind, s_server, $key: \1/p" | head -1
    done
    kill $server
    wait $server 2>/dev/null || true
done
exit $failed

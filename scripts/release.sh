#!/usr/bin/env bash
# Builds static stripped programs for ring and fips: dist/PROVIDER/PROGRAM, with their SHA-256 sums before and after
# strip. A program that does not carry the crypto it claims never gets there. CARGO_TARGET_DIR and FIPS_TARGET_DIR say
# where to build (the Makefile sets them).
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TARGET=x86_64-unknown-linux-gnu
mapfile -t programs < <(scripts/programs.sh)

cargo build --quiet --release -p crypto-audit
audit=$CARGO_TARGET_DIR/release/crypto-audit

build() { # PROVIDER FOLDER
    local provider=$1 folder=$2 arguments=() program
    for program in "${programs[@]}"; do
        arguments+=(-p "$program")
    done
    printf 'release: building %s with %s\n' "${programs[*]}" "$provider"
    # With --target, build scripts and proc macros keep the flags of the host.
    CARGO_TARGET_DIR=$folder CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static" \
        cargo build --release --target "$TARGET" --no-default-features --features "$provider" "${arguments[@]}"
    mkdir -p "dist/$provider"
    for program in "${programs[@]}"; do
        local built=$folder/$TARGET/release/$program shipped=dist/$provider/$program
        "$audit" --expect "$provider" "$built"
        printf '%s  %s (before strip)\n' "$(sha256sum <"$built" | cut -d' ' -f1)" "$provider/$program" >>dist/AUDITED
        cp "$built" "$shipped"
        strip "$shipped"
        "$audit" --expect "$provider" --stripped "$shipped" >/dev/null
        if readelf --program-headers "$shipped" | grep -q INTERP; then
            printf 'release: %s is not static\n' "$shipped" >&2
            exit 1
        fi
    done
}

rm -rf dist
build ring "$CARGO_TARGET_DIR"
build fips "$FIPS_TARGET_DIR"
(cd dist && sha256sum ring/* fips/* >SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
printf 'release: dist/SHA256SUMS\n'
cat dist/SHA256SUMS

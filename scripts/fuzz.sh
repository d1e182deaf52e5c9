#!/usr/bin/env bash
# Runs every fuzz target for `scripts/fuzz.sh SECONDS` each: the programs in the `fuzz` folders beside the crates. Starts
# from the committed corpora and leaves them as they are; what a run finds is kept beside the build. Ends with the first
# target that breaks, and says where the input is.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly SECONDS_EACH=${1:?usage: fuzz.sh SECONDS}
readonly TARGET=x86_64-unknown-linux-gnu
# What libFuzzer asks of the compiler. With --target, build scripts are left alone; stable Rust is enough.
readonly FLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 -Cdebug-assertions \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
readonly BUILD=${CARGO_TARGET_DIR:?set by the Makefile}-fuzz

mapfile -t folders < <(git ls-files '*/fuzz/Cargo.toml' | xargs -r dirname)
[ ${#folders[@]} -gt 0 ] || { echo "fuzz: no fuzz folder in this tree" >&2; exit 1; }
for folder in "${folders[@]}"; do
    CARGO_TARGET_DIR=$BUILD RUSTFLAGS=$FLAGS cargo build --quiet --release --target "$TARGET" --manifest-path "$folder/Cargo.toml"
    for name in $(awk '/^\[\[bin\]\]/ { bin = 1 } bin && /^name = / { gsub(/"/, "", $3); print $3; bin = 0 }' "$folder/Cargo.toml"); do
        found=$BUILD/found/$folder/$name
        mkdir -p "$found" "$folder/corpus/$name"
        printf 'fuzz: %s %s for %s s\n' "$folder" "$name" "$SECONDS_EACH"
        log=$found.log
        if ! "$BUILD/$TARGET/release/$name" "$found" "$folder/corpus/$name" -max_total_time="$SECONDS_EACH" \
            -artifact_prefix="$found/" -print_final_stats=1 >"$log" 2>&1; then
            tail -40 "$log" >&2
            printf 'fuzz: %s broke; the input is in %s\n' "$name" "$found" >&2
            exit 1
        fi
        grep -E '^stat::number_of_executed_units' "$log"
    done
done

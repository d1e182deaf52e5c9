#!/usr/bin/env bash
# Gate 3 on every program of the kit: `scripts/gates.sh PROVIDER FOLDER` builds them with the provider in the target folder
# and audits the files, symbols and all. Then the audit itself is put to the test: the same files must be refused as those
# of any other provider. The Makefile sets CARGO_TARGET_DIR, where the judge is built.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly PROVIDER=${1:?usage: gates.sh PROVIDER FOLDER} FOLDER=${2:?usage: gates.sh PROVIDER FOLDER}
mapfile -t programs < <(scripts/programs.sh)

cargo build --quiet -p crypto-audit
audit=${CARGO_TARGET_DIR:?set by the Makefile}/debug/crypto-audit
CARGO_TARGET_DIR=$FOLDER cargo build --quiet --no-default-features --features "$PROVIDER" "${programs[@]/#/-p}"
for program in "${programs[@]}"; do
    "$audit" --expect "$PROVIDER" "$FOLDER/debug/$program"
    for other in ring aws-lc fips; do
        if [ "$other" != "$PROVIDER" ] && "$audit" --expect "$other" "$FOLDER/debug/$program" >/dev/null; then
            printf 'gates: %s is built with %s and passes as %s\n' "$program" "$PROVIDER" "$other" >&2
            exit 1
        fi
    done
done

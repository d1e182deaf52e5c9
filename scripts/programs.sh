#!/usr/bin/env bash
# Prints the programs of the kit that carry a crypto provider, one per line: each folder of services with a `main.rs`.
set -euo pipefail
cd "$(dirname "$0")/.."
for main in services/*/src/main.rs services/*/*/src/main.rs; do
    if [ -f "$main" ]; then
        basename "${main%/src/main.rs}"
    fi
done

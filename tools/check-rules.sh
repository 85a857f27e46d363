#!/bin/bash
#
# Compiles each rule pack and runs its examples, as one check per pack.  Each
# rule must have two examples of each kind, tags and a description.

set -u
cd "$(dirname "$0")/.." || exit 1

mkdir -p build/log
passed=0
failed=0

for pack in conf/rules/*.yaml; do
    if build/mcpctl rules check --strict "$pack"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok: $pack"
    fi
done

echo "$passed $failed 0" > build/log/rules.sum
echo "rules: $passed packs passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

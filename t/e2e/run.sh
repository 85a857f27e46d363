#!/bin/sh
#
# The end-to-end tests: official SDKs, official servers, official conformance
# suite, through nginx with the module.
#
#     t/e2e/run.sh                     all
#     t/e2e/run.sh everything resume   these files only (no conformance suite)
#     t/e2e/run.sh conformance         the conformance suite only
#
# MCP_MODULE    the module to load (build/ngx_http_mcp_module.so), or "static"
# MCP_NGINX     the nginx binary
# MCP_E2E_RULES the rule packs to load instead of those built in
# MCP_E2E_PLAIN=1   without the module: what is left must pass too
#
# Closes with "N passed, N failed, N skipped" and fails when a test did.

set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1

work=${MCP_E2E_DIR:-$root/build/e2e}
tap=$work/run/tests.tap
conformance=$work/run/conformance.txt

passed=0
failed=0
skipped=0
suite=
files=

if [ $# -eq 0 ]; then
    files=$(echo t/e2e/*.test.mjs)
    suite=yes
fi

for name in "$@"; do
    case $name in
    conformance) suite=yes ;;
    *)           files="$files t/e2e/$(basename "$name" .test.mjs).test.mjs" ;;
    esac
done

# Two runs in one tree would share logs, and the ports of make run.
mkdir -p "$work/run"
exec 9> "$work/lock"
flock 9

node=$(t/e2e/install.sh 9>&-) || exit 1

rm -f "$work"/run/*.log

# number WORD: from the summary of a TAP report of node's test runner
number() {
    sed -n "s/^# $1 //p" "$tap" | tail -n 1 | grep -E '^[0-9]+$' || echo 0
}

if [ -n "$files" ]; then
    rm -f "$tap"

    # One file after the other: each has servers of its own, and the machine
    # that runs this may have only two cores.
    "$node" --import ./t/e2e/lib/resolve.mjs --test --test-concurrency=1 \
        --test-timeout=120000 \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$tap" \
        $files 9>&-
    rc=$?

    passed=$(number pass)
    failed=$(($(number fail) + $(number cancelled)))
    skipped=$(number skipped)

    if [ $rc -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
    fi
fi

if [ -n "$suite" ]; then
    "$node" --import ./t/e2e/lib/resolve.mjs t/e2e/conformance.mjs \
        > "$conformance" 2>&1 9>&-
    rc=$?

    cat "$conformance"

    set -- $(sed -n 's/^conformance: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' \
                 "$conformance")
    passed=$((passed + ${1:-0}))
    failed=$((failed + ${2:-0}))

    if [ $rc -ne 0 ] && [ "${2:-0}" -eq 0 ]; then
        failed=$((failed + 1))
    fi
fi

if [ $((passed + failed + skipped)) -eq 0 ]; then
    echo "e2e: no test was run" >&2
    failed=1
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

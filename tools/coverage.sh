#!/bin/bash
#
# Lines of the engine that the unit tests of the coverage build reached.

set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1

for notes in build/core-cov/mcp_*.gcno; do
    gcov -n -o build/core-cov "${notes%.gcno}.o" 2>/dev/null
done | awk '
    /^File / {
        file = $0
        gsub(/^File .|.$/, "", file)
        ours = (file ~ /ngx_mcp_module\/core\/[^\/]*\.c$/)
        sub(/.*\//, "", file)
    }

    /^Lines executed:/ && ours {
        split($0, a, /[:% ]+/)            # Lines executed 93.10 of 58
        reached = a[3] * a[5] / 100
        printf "%6.1f %%  %5d lines  %s\n", a[3], a[5], file
        sum += reached
        lines += a[5]
        ours = 0
    }

    END {
        if (lines == 0) {
            print "coverage: no data"
            exit 1
        }
        printf "%6.1f %%  %5d lines  all of core\n", 100 * sum / lines, lines
    }' | tee build/log/coverage.log

exit "${PIPESTATUS[0]}"

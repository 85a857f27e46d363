#!/bin/bash
#
# Runs each fuzzer for FUZZ_TIME seconds (60), FUZZ_JOBS (1) at a time.
#
#     tools/fuzz.sh fuzz_json fuzz_sse ...
#
# Seeds are fuzz/corpus/NAME, new inputs go to build/fuzz/work/NAME, a
# fuzzer's words to build/log/fuzz_NAME.log, what it breaks on to build/fuzz.

set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
mkdir -p build/log

[ $# -gt 0 ] || { echo "fuzz: no fuzzers" >&2; exit 1; }


one() {
    local fuzzer=$1 name=${1#fuzz_} log=build/log/$1.log dict=
    local work=build/fuzz/work/$name seeds=

    mkdir -p "$work"
    [ -d "fuzz/corpus/$name" ] && seeds=fuzz/corpus/$name
    [ -f "fuzz/$name.dict" ] && dict=-dict=fuzz/$name.dict

    if "build/fuzz/$fuzzer" -max_total_time="${FUZZ_TIME:-60}" -timeout=10 \
           -rss_limit_mb=2560 -print_final_stats=1 -verbosity=1 \
           -artifact_prefix="build/fuzz/$name-" $dict "$work" $seeds \
           > "$log" 2>&1 < /dev/null
    then
        awk -v f="$fuzzer" '
            / cov: / { for (i = 1; i < NF; i++) {
                           if ($i == "cov:") { cov = $(i + 1) } } }
            /number_of_executed_units/ { runs = $2 }
            /average_exec_per_sec/ { rate = $2 }
            END { printf "ok   %-18s %9d runs, %6d a second, coverage %d\n",
                         f, runs, rate, cov; exit runs == 0 }' "$log"
    else
        echo "FAIL $fuzzer: $log"
        grep -m 3 -E 'ERROR|SUMMARY|runtime error|Assert|Test unit written' \
            "$log"
        return 1
    fi
}


export -f one
printf '%s\n' "$@" | xargs -P "${FUZZ_JOBS:-1}" -I{} bash -c 'one {}' \
    | tee build/log/fuzz.out

passed=$(grep -c '^ok ' build/log/fuzz.out)
failed=$(($# - passed))

echo "fuzz: ${FUZZ_TIME:-60} s each"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]

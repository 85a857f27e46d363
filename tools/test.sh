#!/bin/bash
#
# make test: installs, builds, runs every part and adds up what they counted.
# The last line is "N passed, N failed, N skipped".  Logs are in build/log.

set -u -o pipefail
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
mkdir -p build/log
rm -f build/log/*.sum

# A make above must not lend its job slots to the parts.
unset MAKEFLAGS MAKELEVEL MFLAGS

passed=0
failed=0
skipped=0
table=


finish() {
    printf '\n== sum ==\n%s\n' "$table"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}


# add NAME PASSED FAILED SKIPPED SECONDS
add() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    skipped=$((skipped + $4))
    table="$table$(printf '%-10s %6d passed %4d failed %4d skipped %5d s' \
                          "$@")
"
}


# step NAME COMMAND...: must succeed, or the tests make no sense.
step() {
    local name=$1
    shift

    printf '\n== %s ==\n' "$name"

    if ! "$@" 2>&1 < /dev/null | tee "build/log/$name.log"; then
        echo "$name failed"
        add "$name" 0 1 0 $SECONDS
        finish
    fi
}


# part NAME SUMS COMMAND...: SUMS are the names of its build/log/*.sum; "-"
# when the part ends with a plain line as ours.
part() {
    local name=$1 sums=$2 start=$SECONDS rc p=0 f=0 s=0 a b c line
    shift 2

    printf '\n== %s ==\n' "$name"
    "$@" 2>&1 < /dev/null | tee "build/log/$name.log"
    rc=$?

    if [ "$sums" = - ]; then
        line=$(grep -E '^([A-Za-z0-9_-]+: )?[0-9]+ passed, [0-9]+ failed' \
                    "build/log/$name.log" | tail -n 1)
        read -r p f s <<< "$(sed -E 's/^[^ ]*: //; s/[^0-9]+/ /g' \
                             <<< "$line")"

    else
        for line in $sums; do
            if [ -f "build/log/$line.sum" ]; then
                read -r a b c < "build/log/$line.sum"
                p=$((p + a))
                f=$((f + b))
                s=$((s + c))
            fi
        done
    fi

    p=${p:-0} f=${f:-0} s=${s:-0}

    # a part that failed without saying what, or that ran nothing
    if [ "$f" = 0 ] && { [ "$rc" != 0 ] || [ $((p + s)) = 0 ]; }; then
        f=1
    fi

    add "$name" "$p" "$f" "$s" $((SECONDS - start))
}


step deps tools/deps.sh build test
step build make build

part unit "unit unit-asan" make unit
part rules rules make rules
part score - make score
part suites t make t
part asan t-asan make asan

part fuzz - make fuzz FUZZ_JOBS="$(nproc)" FUZZ_TIME="${FUZZ_TIME:-60}"

if [ -x t/e2e/run.sh ]; then
    part e2e - make e2e
fi

finish

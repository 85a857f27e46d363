#!/bin/bash
#
# make lint: both compilers, clang-tidy, cppcheck and the house style.
# Every part runs, whatever the others say.

set -u -o pipefail
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1

mkdir -p build/log
src=ngx_mcp_module
warn='-std=c99 -Wall -Wextra -Werror'
jobs=${JOBS:-$(nproc)}
failed=

shopt -s nullglob
core=($src/core/*.c)
cli=($src/cli/*.c)
glue=($src/store/*.c $src/http/*.c)
tests=(t/unit/*.c fuzz/*.c)


# part NAME COMMAND...
part() {
    local name=$1 start=$SECONDS
    shift

    if "$@"; then
        echo "ok   $name ($((SECONDS - start)) s)"
    else
        echo "FAIL $name"
        failed="$failed $name"
    fi
}


# each COMMAND... -- FILE...: the command once for each file, in parallel.
each() {
    local command=()

    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift

    [ $# -gt 0 ] || return 0
    printf '%s\n' "$@" | xargs -P "$jobs" -I{} "${command[@]}" {}
}


# -O2: some warnings come out of the optimiser only
gcc_engine() {
    each gcc $warn -O2 -I$src/core -It/unit -Ifuzz -c -o /dev/null \
         -- "${core[@]}" "${cli[@]}" "${tests[@]}"
}

clang_engine() {
    each clang $warn -O2 -I$src/core -It/unit -Ifuzz -c -o /dev/null \
         -- "${core[@]}" "${cli[@]}" "${tests[@]}"
}


# The glue as nginx compiles it; gcc is what tools/build-nginx.sh uses.  What
# configure found is copied, since another build may configure anew meanwhile.
nginx_flags() {
    mkdir -p build/lint
    flock build/.lock-dynamic cp build/nginx-dyn/ngx_auto_*.h build/lint/
    echo -isystembuild/lint

    awk '/^(CFLAGS|ALL_INCS) *=/ { p = 1 } p { print } !/\\$/ { p = 0 }' \
        build/nginx-dyn/Makefile \
        | tr -d '\\\n' | grep -oE -- '-I *[^ ]+' \
        | sed -E 's/^-I *//; s#^(src/)#/usr/share/nginx/src/\1#' \
        | grep -v -e "/$src/" -e /build/nginx-dyn | sed 's/^/-isystem/'
}

gcc_module() {
    tools/build-nginx.sh dynamic > /dev/null
}

clang_module() {
    each clang -W -Wall -Wpointer-arith -Wno-unused-parameter -Werror -O2 \
         $nginx -I$src/core -I$src/store -I$src/http -c -o /dev/null \
         -- "${glue[@]}"
}


# The way to a finding is long: it goes to the log.
tidy() {
    local rc=0

    {
        each sh -c 'clang-tidy --quiet "$1" -- -std=c99 '"-I$src/core" - \
             -- "${core[@]}" "${cli[@]}" || rc=1
        each sh -c 'clang-tidy --quiet "$1" -- '"$nginx -I$src/core"' \
                        '"-I$src/store -I$src/http" - -- "${glue[@]}" || rc=1
    } > build/log/clang-tidy.log 2>&1

    if [ $rc != 0 ]; then
        grep -E ': (error|warning):' build/log/clang-tidy.log \
            || tail -n 5 build/log/clang-tidy.log
        echo "(build/log/clang-tidy.log)"
    fi

    return $rc
}

check() {
    cppcheck --quiet --std=c99 --inline-suppr --error-exitcode=1 -j "$jobs" \
        --enable=warning,portability,performance --max-configs=4 \
        --suppressions-list=tools/cppcheck.supp \
        -D__GNUC__=12 -D__x86_64__ -Dnginx_version=1022001 -I $src/core "$@"
}


part gcc gcc_engine
part clang clang_engine
part nginx-gcc gcc_module

if [ -f build/nginx-dyn/Makefile ]; then
    nginx=$(nginx_flags | tr '\n' ' ')
    part nginx-clang clang_module
    part clang-tidy tidy
else
    echo "FAIL nginx-clang, clang-tidy: no build/nginx-dyn"
    failed="$failed nginx-clang clang-tidy"
fi

part cppcheck check "${core[@]}" "${cli[@]}" "${glue[@]}"
part style tools/style.pl

if [ -n "$failed" ]; then
    echo "lint: failed:$failed"
    exit 1
fi

echo "lint: clean"

#!/bin/bash
#
# Compiles the module for the nginx of newer Debian suites, with both
# compilers: the differences between nginx versions show here first.  Of each
# suite only the headers (nginx-dev) are fetched, and nothing is installed.
#
#     tools/matrix.sh [SUITE]...        (none: trixie sid)

set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
top=$PWD
. tools/apt-side.sh

jobs=${JOBS:-$(nproc)}
dir=$top/build/matrix
passed=0
failed=0

[ $# -gt 0 ] || set -- trixie sid
mkdir -p "$dir" build/log

mirror=$(side_mirrors | awk 'NR == 1 { print $1 }')
[ -n "$mirror" ] || { echo "matrix: no Debian mirror in apt" >&2; exit 1; }


# fetch SUITE: its nginx-dev, unpacked.
fetch() {
    local side=$dir/$1

    [ -d "$side/root" ] && return

    mkdir -p "$side"
    side_entry deb "$mirror" "$1" > "$side/sources.list"
    side_apt "$side" apt-get update \
        && (cd "$side" && side_apt "$side" apt-get download nginx-dev) \
        && dpkg -x "$side"/nginx-dev_*.deb "$side/root"
    rm -rf "$side/lists"
}


compile() {
    local suite=$1 cc=$2
    local src=$dir/$suite/root/usr/share/nginx/src objs=$dir/$suite/$cc

    rm -rf "$objs"

    # what nginx itself needs beyond our own libraries is left out
    ( . "$src/conf_flags"
      cd "$src" \
          && ./configure "${NGX_CONF_FLAGS[@]}" --with-cc="$cc" \
                 --with-cc-opt='-O2 -g -fPIC' --add-dynamic-module="$top" \
                 --builddir="$objs" ) \
        && make -j"$jobs" -C "$src" -f "$objs/Makefile" \
                CFLAGS="-pipe -O2 -fPIC -W -Wall -Wpointer-arith \
-Wno-unused-parameter -Werror" modules \
        && [ -f "$objs/ngx_http_mcp_module.so" ]
}


for suite in "$@"; do
    log=build/log/matrix-$suite.log

    if ! fetch "$suite" > "$log" 2>&1; then
        echo "FAIL $suite: no nginx-dev: $(tail -n 1 "$log")"
        failed=$((failed + 1))
        continue
    fi

    version=$(awk '$2 == "NGINX_VERSION" { gsub(/"/, "", $3); print $3 }' \
                  "$dir/$suite/root/usr/share/nginx/src/src/core/nginx.h")

    for cc in gcc clang; do
        if compile "$suite" $cc > "$log" 2>&1 < /dev/null; then
            echo "ok   $suite, nginx $version, $cc"
            passed=$((passed + 1))
        else
            echo "FAIL $suite, nginx $version, $cc: $log"
            grep -m 5 -E 'error:' "$log"
            failed=$((failed + 1))
        fi
    done
done

echo "matrix: $passed passed, $failed failed"
[ "$failed" = 0 ]

#!/bin/bash
#
# Runs the Test::Nginx suites:
#
#     tools/suites.sh plain T...    the packaged nginx and the built .so
#     tools/suites.sh asan  T...    build/asan/nginx, the module inside
#
# With sanitizers, a report of any nginx process fails the run, whatever the
# suites thought of it.

set -u
export LC_ALL=C

kind=$1
shift
cd "$(dirname "$0")/.." || exit 1
top=$PWD

# Ports for the suite and its upstreams: the first of a free row of 20, below
# those that the system hands out.
port=$(perl -MIO::Socket::INET -e '
    for (1 .. 200) {
        my $p = 20000 + 20 * int(rand(600));
        my @s = map { IO::Socket::INET->new(Listen => 1,
                      LocalAddr => "127.0.0.1", LocalPort => $_) }
                ($p .. $p + 19);
        if (@s == grep { defined } @s) { print $p; exit }
    }
    exit 1') || { echo "suites: no free ports" >&2; exit 1; }

export TEST_NGINX_PORT=${TEST_NGINX_PORT:-$port}
export TEST_NGINX_SERVROOT=$top/build/servroot-$kind
unset TEST_NGINX_LOAD_MODULES

case $kind in

plain)
    name=t
    export TEST_NGINX_BINARY=${NGINX:-/usr/sbin/nginx}
    export TEST_NGINX_LOAD_MODULES=$top/build/ngx_http_mcp_module.so
    ;;

asan)
    name=t-asan
    reports=$top/build/log/sanitizers
    export TEST_NGINX_BINARY=$top/build/asan/nginx
    export MCPCTL=$top/build/asan/mcpctl
    export TEST_NGINX_TIMEOUT=${TEST_NGINX_TIMEOUT:-10}

    # workers may have lost root: anyone may write a report
    rm -rf "$reports"
    mkdir -p "$reports"
    chmod 1777 "$reports"

    # commas: Test::Nginx adds the number of the test to the path
    export ASAN_OPTIONS="log_path=$reports/asan,detect_leaks=1"
    export UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1"
    export LSAN_OPTIONS="suppressions=$top/tools/lsan.supp:print_suppressions=0"
    ;;

*)
    echo "suites: plain or asan, not $kind" >&2
    exit 2
    ;;

esac

"$TEST_NGINX_BINARY" -V > /dev/null 2>&1 \
    || { echo "suites: no $TEST_NGINX_BINARY" >&2; exit 1; }

tools/prove.pl --log "$name" "$@"
rc=$?

if [ "$kind" = asan ]; then
    n=$(find "$reports" -type f -size +0 | wc -l)

    if [ "$n" -gt 0 ]; then
        echo "$name: $n sanitizer reports in build/log/sanitizers, the first:"
        find "$reports" -type f -size +0 | head -n 1 | xargs head -n 40

        read -r passed failed skipped < build/log/$name.sum
        echo "$passed $((failed + n)) $skipped" > build/log/$name.sum
        rc=1
    fi
fi

exit $rc

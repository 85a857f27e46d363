#!/bin/sh
# Speed and memory of the filter, as ratios against plain proxy_pass in the
# same nginx (make bench).  wrk, nginx and the canned upstream share the
# machine; plain and filtered runs alternate, the median of the pairs counts.
# Texts are new in each answer ("new"), or always the same, as a list of tools
# is ("again"): what was clean a moment ago is not matched again.
#
#   SECONDS_EACH=2 PAIRS=5 STREAMS=10000 CASES="300 sse" TEXTS=new make bench

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
dir=$top/build/bench
nginx=${NGINX:-/usr/sbin/nginx}
module=${MCP_MODULE-$top/build/ngx_http_mcp_module.so}
secs=${SECONDS_EACH:-2}
pairs=${PAIRS:-5}
streams=${STREAMS:-10000}
port=${BENCH_PORT:-9850}
buffering=${BUFFERING:-off}

command -v wrk >/dev/null || { echo "bench: wrk is missing (package wrk)" >&2; exit 2; }

# each stream is two sockets of nginx, and two of the program on both ends
(ulimit -n 65536) 2>/dev/null && ulimit -n 65536 || ulimit -n "$(ulimit -Hn)"
files=$(ulimit -n)
[ "$streams" -le $(((files - 400) / 2)) ] || streams=$(((files - 400) / 2))

rm -rf "$dir"
mkdir -p "$dir/canned"
${CC:-cc} -O2 -std=c99 -o "$dir/streams" "$top/bench/streams.c"
${CC:-cc} -O2 -std=c99 -o "$dir/fresh" "$top/bench/fresh.c"
"$top/bench/canned.pl" "$dir/canned"

fill() {
    sed -e "s|@DIR@|$dir|g" -e "s|@LOAD@|${module:+load_module $module;}|" \
        -e "s|@PLAIN@|$port|" -e "s|@MCP@|$((port + 1))|" \
        -e "s|@UPSTREAM@|$((port + 2))|" -e "s|@STREAMS@|$((port + 3))|" \
        -e "s|@FRESH@|$((port + 4))|" -e "s|@STORE@|$((port + 5))|" \
        -e "s|@REDIS@|$((port + 6))|" \
        -e "s|@FILES@|$files|" -e "s|@BUFFERING@|$buffering|" "$top/bench/$1.in" > "$dir/$1"
}

fill nginx.conf
fill upstream.conf

# as root nginx would give up its rights and could not read the tree
user=
[ "$(id -u)" != 0 ] || user="user root;"

fresh=
redis=

stop() {
    [ -z "$fresh" ] || kill "$fresh" || :
    [ -z "$redis" ] || kill "$redis" || :
    for p in nginx upstream; do
        [ ! -s "$dir/$p.pid" ] || kill -QUIT "$(cat "$dir/$p.pid")" || :
    done
}

trap stop EXIT
trap 'exit 130' INT TERM

"$nginx" -p "$dir" -c "$dir/upstream.conf" -e "$dir/upstream.log" -g "$user"
"$dir/fresh" $((port + 4)) "$dir"/canned/* &
fresh=$!
redis-server --port $((port + 6)) --bind 127.0.0.1 --save '' --dir "$dir" \
    > "$dir/redis.log" &
redis=$!
"$nginx" -p "$dir" -c "$dir/nginx.conf" -e "$dir/error.log" -g "$user"

master=$(cat "$dir/nginx.pid")
read -r worker _ < "/proc/$master/task/$master/children" || [ "$worker" ]

ticks() { awk '{print $14 + $15}' "/proc/$worker/stat"; }

# one run: requests per second, microseconds of CPU per request, failures,
# microseconds of the slowest hundredth
run() {
    t0=$(ticks)
    set -- $(CALL_SIZE=$2 wrk -t1 -c"${3}" -d"${secs}s" \
             -s "$top/bench/post.lua" "http://127.0.0.1:$1/$4" | grep RESULT)
    t1=$(ticks)
    echo "$2 $3 $4 $6 $t0 $t1" | awk '{
        printf "%.1f %.2f %d %d\n", $1 / ($2 / 1e6), ($6 - $5) * 10000 / $1,
               $3, $4 }'
}

# case: name, bytes of the call, connections, answer, ratio wanted, port
bench() {
    : > "$dir/pairs"
    i=0
    while [ $i -lt "$pairs" ]; do
        p=$(run "$port" "$2" "$3" "$4")
        m=$(run "${6:-$((port + 1))}" "$2" "$3" "$4")
        echo "$p $m" >> "$dir/pairs"
        i=$((i + 1))
    done
    awk -v name="$1" -v want="$5" '
        function median(a, n,   i, j, t) {
            for (i = 1; i <= n; i++)
                for (j = i + 1; j <= n; j++)
                    if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
            return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        { r[NR] = $5 / $1; pr[NR] = $1; mr[NR] = $5; pc[NR] = $2; mc[NR] = $6
          bad += $3 + $7 }
        END {
            ratio = median(r, NR)
            printf "%-30s %9.0f %9.0f %6.2f %6.2f %8.1f %8.1f %6d  %s\n",
                   name, median(pr, NR), median(mr, NR), ratio, want,
                   median(pc, NR), median(mc, NR), bad,
                   (bad ? "FAILED" : (ratio >= want ? "ok" : "below"))
        }' "$dir/pairs"
}

printf '%-30s %9s %9s %6s %6s %8s %8s %6s\n' "case (buffering $buffering)" \
       plain/s mcp/s ratio want plain/us mcp/us errors

# the same with new texts and with known ones
both() {
    for t in ${TEXTS:-new again}; do
        at=$4
        [ "$t" != new ] || at=new/$4
        bench "$1, $t" "$2" "$3" "$at" "$5"
    done
}

# what a limit adds to the slowest hundredth of calls, one at a time: name,
# microseconds wanted, port
added() {
    : > "$dir/pairs"
    i=0
    while [ $i -lt "$pairs" ]; do
        p=$(run "$port" 300 1 limit/1k.json)
        m=$(run "$3" 300 1 limit/1k.json)
        echo "$p $m" >> "$dir/pairs"
        i=$((i + 1))
    done
    awk '{ print $8 - $4 }' "$dir/pairs" | sort -n \
        | awk -v name="$1" -v want="$2" '{ a[NR] = $1 } END {
            n = a[int((NR + 1) / 2)]
            printf "%-30s %d us added at p99 (at most %d)  %s\n", name, n, want,
                   (n <= want ? "ok" : "above") }'
}

for c in ${CASES:-300 10k 64k 1m sse limit redis}; do
    case $c in
    300) both "result 1 KB"           300   16 1k.json  0.85 ;;
    10k) both "result 10 KB"          300   16 10k.json 0.80 ;;
    64k) both "result 64 KB"          300   16 64k.json 0.50 ;;
    1m)  both "result 1 MB"           300   8  1m.json  0.40 ;;
    limit)
        bench "one limit, shared memory" 300 16 limit/1k.json 0.80
        added "one limit, shared memory" 300 $((port + 1))
        ;;
    redis)
        bench "one limit, Redis" 300 16 limit/1k.json 0.50 $((port + 5))
        added "one limit, Redis" 1000 $((port + 5))
        ;;
    sse) both "20 SSE events of 500 B" 300  16 20.sse   0.75 ;;
    esac
done | tee "$dir/ratios"

if [ "$streams" -gt 0 ]; then
    "$dir/streams" "$port" $((port + 1)) $((port + 3)) "$streams" \
        "$worker" | tee -a "$dir/ratios"
fi

if grep -E '\[(alert|crit|emerg)\]' "$dir/error.log"; then
    echo "bench: the error log is not silent" >&2
    exit 1
fi

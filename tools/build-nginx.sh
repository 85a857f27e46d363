#!/bin/bash
#
# Builds what has nginx in it:
#
#     tools/build-nginx.sh dynamic    build/ngx_http_mcp_module.so
#     tools/build-nginx.sh static     build/static/nginx
#     tools/build-nginx.sh asan       build/asan/nginx
#
# The module is built against nginx-dev with the flags of the packaged nginx,
# so that this nginx loads it.  The other two need the source of nginx itself
# and carry the module inside.  nginx configures anew only when the list of
# sources, this script, config or nginx changed; make finds the rest.

set -u
export LC_ALL=C

kind=${1:-dynamic}
cd "$(dirname "$0")/.." || exit 1
top=$PWD
jobs=${JOBS:-$(nproc)}


fail() {
    echo "build: $*" >&2
    exit 1
}


# Runs a command into a log and shows the end of it only when it fails.
quietly() {
    local log=$1
    shift

    if ! "$@" > "$log" 2>&1 < /dev/null; then
        grep -m 20 -E -A 1 \
            ': (fatal )?error: |undefined reference|\[emerg\]' \
            "$log" >&2 || tail -n 20 "$log" >&2
        fail "failed, the whole log is $log"
    fi
}


# Writes stdin to a file, but only when that changes it.
update() {
    local temp=$1.$$

    cat > "$temp"

    if cmp -s "$temp" "$1"; then
        rm -f "$temp"
    else
        mv "$temp" "$1"
    fi
}


# configured DIR: whether DIR was configured for what stands here now.
configured() {
    {
        printf '%s\n' "$version" "${flags[@]}" ngx_mcp_module/core/*.[ch] \
               ngx_mcp_module/http/*.[ch] ngx_mcp_module/store/*.[ch]
        cksum config tools/build-nginx.sh
    } | update "$1.inputs"

    [ -f "$1/Makefile" ] && [ "$1/Makefile" -nt "$1.inputs" ]
}


build_dynamic() {
    local src=/usr/share/nginx/src objs=$top/build/nginx-dyn cc_opt ld_opt

    [ -r $src/conf_flags ] || fail "no nginx-dev here; run: make deps"

    . $src/conf_flags
    version=$(dpkg-query -W nginx-dev)

    cc_opt="$(dpkg-buildflags --get CFLAGS) -fPIC"
    cc_opt="$cc_opt $(dpkg-buildflags --get CPPFLAGS)"
    ld_opt="$(dpkg-buildflags --get LDFLAGS) -fPIC"

    flags=(--with-cc-opt="$cc_opt" --with-ld-opt="$ld_opt"
           "${NGX_CONF_FLAGS[@]}" --add-dynamic-module="$top"
           --builddir="$objs")

    if ! configured "$objs"; then
        echo "  configure $objs"
        rm -rf "$objs"
        quietly "$top/build/log/configure-dynamic.log" \
            bash -c 'cd "$1" && shift && ./configure "$@"' - $src "${flags[@]}"
    fi

    echo "  make build/ngx_http_mcp_module.so"
    quietly "$top/build/log/make-dynamic.log" \
        make -j"$jobs" -C $src -f "$objs/Makefile" modules

    cmp -s "$objs/ngx_http_mcp_module.so" build/ngx_http_mcp_module.so \
        || { cp "$objs/ngx_http_mcp_module.so" build/.module.so \
             && mv build/.module.so build/ngx_http_mcp_module.so; } || exit 1

    # A missing symbol shows only when nginx loads the module.
    printf '%s\n' "load_module $top/build/ngx_http_mcp_module.so;" \
           'error_log stderr; pid /dev/null; events { }' > "$objs/load.conf"
    quietly "$top/build/log/load.log" \
        "${NGINX:-/usr/sbin/nginx}" -t -q -p "$objs" -c "$objs/load.conf"
}


# What the packaged nginx has and a test may need, all of it linked in.
# "ours": flags for the sources of the module only.
build_whole() {
    local name=$1 src=$top/build/nginx-src objs=$top/build/$1
    shift

    tools/nginx-src.sh "$src" || exit 1
    version=$(cat "$src/.version")

    flags=(--prefix="$objs/prefix" --with-debug --with-pcre-jit
           --with-threads --with-http_ssl_module --with-http_v2_module
           --with-http_realip_module --with-http_stub_status_module
           --with-http_auth_request_module --with-http_gunzip_module
           --with-http_addition_module --with-http_sub_module
           --with-http_slice_module --with-http_gzip_static_module
           --add-module="$top" --builddir="$objs" "$@")

    if ! configured "$objs"; then
        echo "  configure $objs"
        rm -rf "$objs"
        quietly "$top/build/log/configure-$name.log" \
            bash -c 'cd "$1" && shift && ./configure "$@"' - \
            "$src" "${flags[@]}"

        if [ -n "$ours" ]; then
            printf '\n%s/addon/%%.o: CFLAGS += %s\n' "$objs" "$ours" \
                >> "$objs/Makefile"
        fi
    fi

    echo "  make build/$name/nginx"
    quietly "$top/build/log/make-$name.log" \
        make -j"$jobs" -C "$src" -f "$objs/Makefile" binary
}


mkdir -p build/log

# One build of a directory at a time.
exec 9> "build/.lock-$kind"
flock 9

case $kind in

dynamic)
    build_dynamic
    ;;

static)
    ours=
    build_whole static --with-cc-opt='-O2 -g'
    ;;

asan)
    # NGX_DEBUG_PALLOC makes each pool allocation one of its own, otherwise
    # the sanitizer sees none of them; unaligned reads are a known trick of
    # nginx on x86.  nginx itself copies zero bytes from NULL in many places;
    # our sources may not.

    san='-fsanitize=address,undefined -fno-sanitize-recover=all'
    ours='-fsanitize=nonnull-attribute'
    build_whole asan \
        --with-cc-opt="-O1 -g -fno-omit-frame-pointer $san \
-fno-sanitize=nonnull-attribute \
-DNGX_DEBUG_PALLOC=1 -DNGX_HAVE_NONALIGNED=0" \
        --with-ld-opt="$san"
    ;;

*)
    fail "dynamic, static or asan, not $kind"
    ;;

esac

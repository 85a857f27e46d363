#!/bin/sh
#
# Unpacks the source of the distribution's nginx, with its patches.
#
#     tools/nginx-src.sh DIR [SUITE]
#
# Without a suite it is the source of the nginx that is installed.  The
# package nginx-dev has headers only, so a static or sanitised nginx needs it.
# DIR is left alone when it has that version already.

set -u
LC_ALL=C
export LC_ALL

. "$(dirname "$0")/apt-side.sh"


fail() {
    echo "nginx-src: $*" >&2
    exit 1
}


[ $# -ge 1 ] || { echo "usage: nginx-src.sh DIR [SUITE]" >&2; exit 2; }

dir=$1
suite=${2:-}
version=

if [ -z "$suite" ]; then
    version=$(dpkg-query -W -f '${Version}' nginx 2>/dev/null) \
        || fail "nginx is not installed; run: make deps"

    if [ -f "$dir/.version" ] && [ "$(cat "$dir/.version")" = "$version" ]
    then
        exit 0
    fi

elif [ -f "$dir/.version" ]; then
    exit 0
fi

command -v dpkg-source > /dev/null \
    || fail "no dpkg-source: package dpkg-dev"

side=$(mktemp -d) || fail "no temporary directory"
trap 'rm -rf "$side"' EXIT
trap 'exit 1' HUP INT TERM

side_mirrors | while read -r uri name; do
    if [ -z "$suite" ]; then
        side_entry deb-src "$uri" "$name"

    else
        side_entry deb-src "$uri" "$suite"
        break
    fi
done > "$side/sources.list"

[ -s "$side/sources.list" ] || fail "no Debian mirror in the apt sources"

log=$side/log
mkdir "$side/src"

side_apt "$side" apt-get update > "$log" 2>&1 \
    || fail "apt-get update: $(tail -n 1 "$log")"

# Mirrors drop the source of an update sooner than its binaries: then any
# other revision of the same nginx will do.

side_apt "$side" apt-cache showsrc nginx 2>/dev/null \
    | awk '$1 == "Version:" { print $2 }' | sort -Vr > "$side/versions"

{
    if [ -n "$version" ]; then
        grep -Fx "$version" "$side/versions"
        awk -v v="${version%-*}-" 'index($0, v) == 1' "$side/versions" \
            | grep -vFx "$version"

    else
        cat "$side/versions"
    fi
} > "$side/wanted"

[ -s "$side/wanted" ] || fail "no source of nginx ${version:-in $suite}"

while read -r try; do
    if (cd "$side/src" \
            && side_apt "$side" apt-get source --download-only "nginx=$try") \
           > "$log" 2>&1 < /dev/null
    then
        got=$try
        break
    fi

    rm -f "$side"/src/*.dsc
done < "$side/wanted"

[ -n "${got:-}" ] \
    || fail "apt-get source nginx: $(grep -m 1 '^E: ' "$log")"

if [ -n "$version" ] && [ "$got" != "$version" ]; then
    echo "nginx-src: the mirror has no source of $version, took $got"
fi

rm -rf "$dir"
mkdir -p "$(dirname "$dir")"

dpkg-source --no-check -x "$side"/src/nginx_*.dsc "$dir" > "$log" 2>&1 \
    || fail "dpkg-source: $(tail -n 1 "$log")"

# What it stands for, so that it is fetched again after an upgrade.
echo "${version:-$got}" > "$dir/.version"

#!/bin/sh
#
# Installs what a part of the project needs, from the distribution's packages.
#
#     tools/deps.sh [build|test|node|lint|bench]...      (none: all of them)
#
# Says nothing when all is there; otherwise one line for what it installs, and
# one line for what went wrong.  Needs root only when something is missing.

set -u
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
export LC_ALL DEBIAN_FRONTEND

here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt-side.sh"

work=
guard=/usr/sbin/policy-rc.d
guard_mark='# set by tools/deps.sh of the MCP firewall: remove if left over'


fail() {
    echo "deps: $*" >&2
    exit 1
}


cleanup() {
    if [ -f "$guard" ] && grep -qF "$guard_mark" "$guard"; then
        rm -f "$guard"
    fi

    if [ -n "$work" ]; then
        rm -rf "$work"
    fi
}


installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" \
      = installed ]
}


# The nginx package starts its service when it is installed; a guard that
# forbids it stands there as long as apt runs.
apt_install() {
    log=$work/apt.log

    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$guard_mark" > "$guard"
        chmod 755 "$guard"
    fi

    set -- apt-get install -y -q --no-install-recommends \
           -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"

    # The lists may be missing or older than the mirror: ask for new ones
    # only when it does not work without.

    if ! "$@" > "$log" 2>&1 < /dev/null; then
        apt-get update -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
            > "$log" 2>&1 < /dev/null \
            || fail "apt-get update failed: $(reason)"
        "$@" > "$log" 2>&1 < /dev/null \
            || fail "apt-get install failed: $(reason)"
    fi

    if grep -qF "$guard_mark" "$guard" 2>/dev/null; then
        rm -f "$guard"
    fi
}


reason() {
    grep -m 1 '^E: ' "$log" || tail -n 1 "$log"
}


have_test_nginx() {
    perl -MTest::Nginx::Socket -e1 > /dev/null 2>&1
}


# Test::Nginx became a Debian package after Debian 12.  It is plain Perl, so
# the package of a newer suite works: it alone is fetched from there, what it
# depends on comes from this release.
install_test_nginx() {
    name=libtest-nginx-perl
    side=$work/side

    if apt-cache show "$name" > /dev/null 2>&1; then
        apt_install "$name"
        return
    fi

    mkdir -p "$side"
    mirror=$(side_mirrors | awk 'NR == 1 { print $1 }')
    [ -n "$mirror" ] || fail "$name: no Debian mirror in the apt sources"

    for suite in sid testing; do
        side_entry deb "$mirror" "$suite" > "$side/sources.list"

        if side_apt "$side" apt-get update > "$work/side.log" 2>&1 \
           && (cd "$side" && side_apt "$side" apt-get download "$name") \
                  >> "$work/side.log" 2>&1
        then
            apt_install "$side/${name}"_*.deb
            return
        fi
    done

    fail "$name: not found on the mirror: $(tail -n 1 "$work/side.log")"
}


# Any node and npm will do, also those that no package brought.
want_node() {
    if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
        want="$want nodejs npm"
    fi
}


[ $# -gt 0 ] || set -- build test lint bench

want=
test_nginx=

for group in "$@"; do
    case $group in

    build)
        want="$want nginx nginx-dev build-essential pkg-config
              libjansson-dev libssl-dev libpcre2-dev libyaml-dev
              libutf8proc-dev libhiredis-dev zlib1g-dev"
        installed libhyperscan-dev || want="$want libvectorscan-dev"
        ;;

    test)
        # clang, its runtime and symbolizer: sanitizers and fuzzing
        want="$want build-essential clang libclang-rt-dev llvm
              perl curl openssl python3 python3-venv redis-server"
        test_nginx=yes
        want_node
        ;;

    node)
        want_node
        ;;

    lint)
        want="$want build-essential clang clang-tidy cppcheck"
        ;;

    bench)
        want="$want wrk redis-server"
        ;;

    *)
        fail "no group \"$group\": build, test, node, lint, bench"
        ;;

    esac
done

if ! command -v dpkg-query > /dev/null; then
    fail "not a Debian system; install by hand what stands for:" $want
fi

missing=
for package in $want; do
    case " $missing " in
    *" $package "*) continue ;;
    esac

    installed "$package" || missing="$missing $package"
done

if [ -n "$test_nginx" ] && have_test_nginx; then
    test_nginx=
fi

if [ -z "$missing" ] && [ -z "$test_nginx" ]; then
    exit 0
fi

todo="$missing${test_nginx:+ libtest-nginx-perl}"

if [ "$(id -u)" != 0 ]; then
    fail "not root, and missing:$todo"
fi

echo "deps: installing$todo"

trap cleanup EXIT
trap 'exit 1' HUP INT TERM
work=$(mktemp -d) || fail "no temporary directory"

if [ -n "$missing" ]; then
    apt_install $missing
fi

if [ -n "$test_nginx" ]; then
    install_test_nginx
    have_test_nginx || fail "Test::Nginx is installed but does not load"
    command -v prove > /dev/null || fail "no prove: package perl"
fi

exit 0

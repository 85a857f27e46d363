#!/bin/sh
#
# Installs the packages of the end-to-end tests under build/e2e, the node
# binary that runs them included, exactly as package-lock.json names them.
# Quiet when all is there; prints the path of the node binary on stdout.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/t/e2e
dir=${MCP_E2E_DIR:-$root/build/e2e}
node=$dir/node
stamp=$dir/installed
log=$dir/npm.log

fail() {
    echo "e2e: $*" >&2
    exit 1
}

want=$(cat "$here/package.json" "$here/package-lock.json" | cksum)

if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then

    command -v npm > /dev/null || "$root/tools/deps.sh" node >&2 \
        || fail "npm is missing"

    mkdir -p "$dir"
    rm -f "$stamp"
    cp "$here/package.json" "$here/package-lock.json" "$dir"

    echo "e2e: installing the MCP SDKs, servers and node from npm" >&2

    (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund) \
        > "$log" 2>&1 < /dev/null \
        || fail "npm ci failed: $(grep -m 1 'npm .*[Ee]rr' "$log" \
                                  || tail -n 1 "$log")"

    # npm leaves out what is made for another processor: there, any node that
    # is new enough will do.  Old versions of npm link no binary of it.
    binary=$(echo "$dir"/node_modules/node-linux-*/bin/node)
    if [ -f "$binary" ]; then
        chmod 755 "$binary"
    else
        binary=$(command -v node) || fail "no node binary for $(uname -m)"
    fi

    ln -sf "$binary" "$node"

    case $("$node" --version) in
    v[0-9].* | v1[0-9].* | v2[01].*)
        fail "node 22 or newer is needed, not $("$node" --version)"
        ;;
    esac

    echo "$want" > "$stamp"
fi

echo "$node"

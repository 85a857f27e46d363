# Sourced, not run.  A second, private apt configuration.
#
# Two things come from apt entries that the machine does not have: the nginx
# source (deb-src) and, on releases too old for it, one test package of a
# newer suite.  Both use the mirror that the machine itself uses: apt tells
# it, whichever way its sources are written.  The machine's own lists and
# sources stay untouched, so nothing else can ever come from there.


# side_mirrors: "URI SUITE" of each entry of this release's main component.
side_mirrors() {
    . /etc/os-release
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
            'Created-By: Packages' \
        | awk -v c="$VERSION_CODENAME" '
              $3 == "main" && index($2, c) == 1 && $1 !~ /^cdrom:/ \
                           && !seen[$0]++ { print $1, $2 }'
}


# side_entry TYPE URI SUITE: one line of a sources.list.
side_entry() {
    side_key=/usr/share/keyrings/debian-archive-keyring.gpg
    side_opt=

    . /etc/os-release
    if [ "$ID" = debian ] && [ -r "$side_key" ]; then
        side_opt="[signed-by=$side_key] "
    fi

    echo "$1 $side_opt$2 $3 main"
}


# side_apt DIR COMMAND...: runs an apt command with DIR/sources.list only.
side_apt() {
    side_dir=$1
    side_cmd=$2
    shift 2

    mkdir -p "$side_dir/lists/partial"
    chmod 755 "$side_dir"

    "$side_cmd" -qq \
        -o Dir::Etc::sourcelist="$side_dir/sources.list" \
        -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$side_dir/lists" \
        -o Acquire::Languages=none \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o APT::Sandbox::User=root \
        "$@"
}

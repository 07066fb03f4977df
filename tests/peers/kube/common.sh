# shellcheck shell=bash
# Shared by the scripts that build a Kubernetes: packages of Debian, downloaded and unpacked, never installed.
#
# The system's own sources and lists stay as they are; where the archive is, they tell.
set -euo pipefail

mkdir -p "$1"
target=$(cd "$1" && pwd)
scratch=$target/build
trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
rm -rf "$scratch"
mkdir -p "$scratch"
# The tools write caches and settings below the home directory.
export HOME=$scratch

fail() {
    printf 'error: %s\n  hint: %s\n' "$1" "$2" >&2
    exit 1
}

# The address of the archive that this system installs from.
archive() {
    local found=${JIT_DEBIAN_ARCHIVE-}
    [ -n "$found" ] || found=$(apt-get update --print-uris | sed -n "s#^'\(.*/debian\)/*dists/.*#\1#p" | awk '!seen++')
    [ -n "$found" ] || fail "this system's sources name no archive of Debian" "set JIT_DEBIAN_ARCHIVE to the address of one"
    printf '%s\n' "$found"
}

# debian SUITE: from here on, `apt` reads that suite alone, with lists of its own.
debian() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg folder=$scratch/apt where
    [ -e "$keyring" ] || fail "$keyring is missing" "install debian-archive-keyring"
    where=$(archive)
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    cat >"$folder/$1.sources" <<SOURCES
Types: deb deb-src
URIs: $where
Suites: $1
Components: main
Signed-By: $keyring
SOURCES
    apt=(apt-get -q=2 -o "Dir::Etc::sourcelist=$folder/$1.sources" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o "Dir::State::lists=$folder/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$folder/cache"
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o APT::Sandbox::User=root)
    "${apt[@]}" update
}

# unpack FOLDER PACKAGE...: the newest of each package, as files below the folder.
unpack() {
    local folder=$1
    shift
    mkdir -p "$folder" "$scratch/debs"
    (cd "$scratch/debs" && "${apt[@]}" download "$@")
    for deb in "$scratch/debs"/*.deb; do
        dpkg-deb -x "$deb" "$folder"
    done
    rm -r "$scratch/debs"
}

#!/usr/bin/env bash
# Stands for the programs that the workflow of a release calls and that cannot work here: GitHub's command line, the installers, the
# packer of Windows, and the compiler, which would take an hour. Called through a link of the program's name in FOLDER/bin. It notes
# its words in FOLDER/said, and keeps what GitHub would in FOLDER/release. FOLDER/told sets its variables.
set -euo pipefail
folder=$(dirname "$(dirname "$0")")
name=$(basename "$0")
# shellcheck source=/dev/null
. "$folder/told"
printf '%s\n' "$name $*" >>"$folder/said"

# Cargo builds the program that it was told, or two that differ.
build() {
    local target='' ending=
    while [ $# -gt 0 ]; do
        [ "$1" != --target ] || target=$2/
        shift
    done
    [ "$GITHUB_JOB" != windows ] || ending=.exe
    mkdir -p "target/${target}dist"
    cp "$PROGRAM" "target/${target}dist/jit$ending"
    [ -z "$DIFFERS" ] || printf '%s' "$PWD" >>"target/${target}dist/jit$ending"
}

# A release that is a draft until it is edited. Like GitHub's it takes no second file of a name.
release() {
    local verb=$1 at=$folder/release/$2 file
    shift 2
    case $verb in
        create)
            mkdir -p "$folder/release"
            mkdir "$at"
            touch "$at.draft"
            ;;
        upload)
            for file in "$@"; do
                [ ! -e "$at/$(basename "$file")" ] || exit 1
                cp "$file" "$at"
            done
            ;;
        edit) rm "$at.draft" ;;
        *) exit 1 ;;
    esac
}

# What is downloaded, in the file that --output names, and only from an https address.
download() {
    [ "$1 $2" = "--proto =https" ] || exit 1
    while [ "$1" != --output ]; do shift; done
    cp "$folder/download" "$2"
}

case "$name ${1-}" in
    "gh release") shift && release "$@" ;;
    "gh "*) exit 1 ;;
    "cargo install" | "rustup "* | "sudo "*) ;;
    "cargo +"* | "cargo build") build "$@" ;;
    "cargo cyclonedx") printf '{}' >jit-components.json ;;
    "cargo "*) CARGO_HOME=$REAL_CARGO_HOME exec "$REAL_CARGO" "$@" ;;
    "7z a") printf 'archive' >"$2" ;;
    "curl "*) download "$@" ;;
    *) exit 1 ;;
esac

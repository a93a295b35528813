# shellcheck shell=bash
# Sourced by the scripts beside it: saying things, and fetching one pinned wheel from PyPI.

# shellcheck disable=SC2034 # used by those who source this
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly root

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# fetch_wheel NAME VERSION PLATFORM SHA256 DIRECTORY [PIP OPTION...]
#
# Leaves the unpacked wheel in DIRECTORY. pip only fetches: the platform is named, so any Python of the host will do.
# What comes is compared with the pinned hash before a byte of it is unpacked.
fetch_wheel() {
    local name="$1" version="$2" platform="$3" sha256="$4" directory="$5"
    shift 5
    local download="$directory.download"
    rm -rf "$download" "$directory"
    mkdir -p "$download"
    say "fetching $name $version for $platform"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --platform "$platform" "$@" --dest "$download" "$name==$version" ||
        die "pip could not fetch $name $version: is a package index within reach?"
    local wheels=("$download"/*.whl)
    [[ ${#wheels[@]} -eq 1 && -f "${wheels[0]}" ]] || die "expected one wheel of $name $version, got: ${wheels[*]}"
    local got
    got="$(sha256sum "${wheels[0]}" | cut -d' ' -f1)"
    if [[ "$got" != "$sha256" ]]; then
        rm -rf "$download"
        die "refused $name $version: its sha256 is $got, pinned is $sha256"
    fi
    python3 -m zipfile -e "${wheels[0]}" "$directory"
    rm -rf "$download"
}

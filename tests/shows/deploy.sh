#!/usr/bin/env bash
# Runs the deployment without a container engine: the Dockerfile's final stage and the Debian package, each in a bare
# Debian of the same release, and checks compose file, unit and logrotate file.
#
#   tests/shows/deploy.sh WORK_FOLDER [BINARY]
#
# WORK_FOLDER gets a debootstrap of Debian 12 (some 200 MB; made once) and two copies of it. BINARY (default
# target/release/portcullis) is taken as built. Needs root, debootstrap, binutils, curl, systemd-analyze, logrotate and
# cargo-deb; listens on loopback ports 18080 and 19901 and ends what it started. Prints sizes and scores; exit code 0
# when every part works and the image is under 150 MB.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
work="${1:?usage: deploy.sh WORK_FOLDER [BINARY]}"
binary="$(realpath "${2:-$root/target/release/portcullis}")"
mkdir -p "$work"
work="$(realpath "$work")"
readonly limit=$((150 * 1000 * 1000))
failed=0
check() { if "${@:2}"; then echo "ok    $1"; else echo "FAIL  $1"; failed=1; fi; }
bytes() { du --summarize --apparent-size --block-size=1 "$1" | cut -f1; }

base="$work/base"
if [[ ! -x "$base/bin/sh" ]]; then
    debootstrap --variant=minbase bookworm "$base" >"$work/debootstrap.log"
fi
# What debian:*-slim leaves out of a minbase debootstrap, beside apt's lists and archives.
slim() {
    rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/usr/share/{doc,man,info,locale,lintian,linda}/*
    rm -rf "$1"/var/log/* "$1"/var/cache/debconf/*-old
}

# start_in ROOT CONFIG: the filter in a chroot as its user, until it is ready; then asks /readyz, and stops it.
start_in() {
    local log="$1/tmp/filter.log" pid status=1
    chroot --userspec=portcullis:portcullis "$1" env ORT_DYLIB_PATH=/usr/lib/portcullis/libonnxruntime.so \
        PORTCULLIS__MODEL__DIR=/usr/share/portcullis/models PORTCULLIS__DATA_DIR=/var/lib/portcullis \
        PORTCULLIS__PROXY__UPSTREAM=127.0.0.1:1 portcullis run --config "$2" --listen 127.0.0.1:18080 \
        --admin-listen 127.0.0.1:19901 >"$log" 2>&1 &
    pid=$!
    for _ in $(seq 100); do
        if curl -fs http://127.0.0.1:19901/readyz >"$1/tmp/ready"; then status=0; break; fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    if [[ $status -eq 0 ]]; then
        echo "      $(cat "$1/tmp/ready")"
        echo "      $(awk '/^Uid|^VmRSS/ {printf "%s %s  ", $1, $2}' "/proc/$pid/status")"
    else
        tail -5 "$log"
    fi
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || status=1
    return $status
}

echo "== image: the Dockerfile's final stage =="
image="$work/image"
rm -rf "$image"
cp -a "$base" "$image"
slim "$image"
size_base="$(bytes "$image")"
chroot "$image" useradd --system --uid 10001 --home-dir /var/lib/portcullis --create-home portcullis
install -D --mode=644 /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/ca-certificates.crt"
install -D "$binary" "$image/usr/bin/portcullis"
strip --strip-debug "$image/usr/bin/portcullis"
# COPY of a folder keeps links, as cp -a does.
mkdir -p "$image/usr/lib/portcullis"
cp -a "$root"/tools/onnxruntime/. "$image/usr/lib/portcullis/"
install -D --mode=644 --target-directory="$image/usr/share/portcullis/models" "$root"/models/*.onnx "$root"/models/*.screen "$root"/models/*.gate "$root"/models/*.toml
install -D --mode=644 "$root/conf/docker.toml" "$image/etc/portcullis/portcullis.toml"
install -D --mode=644 "$root/LICENSE" "$image/usr/share/doc/portcullis/LICENSE"
check "the binary runs in the image: $(chroot "$image" portcullis --version)" true
size="$(bytes "$image")"
printf '      base %d MB, binary %d MB, ONNX Runtime %d MB, models %d kB, together %d MB\n' $((size_base / 1000000)) \
    $(($(bytes "$image/usr/bin/portcullis") / 1000000)) $(($(bytes "$image/usr/lib/portcullis") / 1000000)) \
    $(($(bytes "$image/usr/share/portcullis/models") / 1000)) $((size / 1000000))
check "the image is under 150 MB" test "$size" -lt "$limit"
check "the filter starts in it, without root, and is ready" start_in "$image" /etc/portcullis/portcullis.toml

echo "== Debian package =="
mkdir -p "$root/target/release"
deb="$work/portcullis.deb"
(cd "$root" && cargo deb --no-build --strip --output "$deb" >"$work/deb.log" 2>&1) || { tail -5 "$work/deb.log"; failed=1; }
if [[ -f "$deb" ]]; then
    installed="$work/installed"
    rm -rf "$installed"
    cp -a "$base" "$installed"
    cp "$deb" "$installed/tmp/portcullis.deb"
    check "it installs, dependencies included" chroot "$installed" sh -c \
        'apt-get update -qq && apt-get install -y -qq --no-install-recommends /tmp/portcullis.deb >/tmp/apt.log 2>&1 || { tail -5 /tmp/apt.log; false; }'
    dpkg-deb --field "$deb" Package Version Depends Installed-Size | sed 's/^/      /'
    echo "      $(stat -c %s "$deb") bytes; $(dpkg-deb --contents "$deb" | grep -vc '/$') files"
    check "the configuration is its group's only" test "$(stat -c %a "$installed/etc/portcullis/portcullis.toml")" = 640
    check "the unit is there" test -f "$installed/lib/systemd/system/portcullis.service" -o -f "$installed/usr/lib/systemd/system/portcullis.service"
    check "the filter starts from it and is ready" start_in "$installed" /etc/portcullis/portcullis.toml
    check "it is removed and purged" chroot "$installed" sh -c 'dpkg --purge portcullis >/dev/null 2>&1 && ! test -e /var/lib/portcullis'
fi

echo "== unit =="
score="$(systemd-analyze security --offline=true --no-pager "$root/conf/systemd/portcullis.service" 2>/dev/null | tail -1)"
echo "      $score"
check "systemd-analyze security is 2.0 or better" awk '{for (i = 1; i < NF; i++) if ($i == "portcullis.service:") exit !($(i + 1) <= 2.0)}' <<<"$score"

echo "== logrotate =="
check "logrotate reads the file" sh -c "sed 's/^    su .*//; s/portcullis portcullis/root root/' '$root/conf/logrotate/portcullis' >'$work/rotate' && logrotate --debug '$work/rotate' >/dev/null 2>&1"

echo "== compose =="
if docker compose version >/dev/null 2>&1; then
    check "docker compose config" docker compose -f "$root/conf/compose.yaml" config --quiet
else
    echo "      docker compose is not installed: the file is read as YAML"
fi
check "every path and service that compose.yaml names is there" python3 "$root/tests/shows/compose.py" "$root/conf/compose.yaml"

exit $failed

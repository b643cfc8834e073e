#!/usr/bin/env bash
#
# The launcher: found through a link, from anywhere, with every way of naming a jar or a Java; no
# build when nothing changed.
set -eu

cd "$(dirname "$(readlink -f "$0")")/../.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wrong=0

expect() {
    local what=$1 expected=$2 status=0
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    if [ "$status" -ne "$expected" ]; then
        printf '%s: exit status %s, not %s\n' "$what" "$status" "$expected"
        cat "$scratch/out" "$scratch/err"
        wrong=$((wrong + 1))
    fi
}

expect "first run, may build" 0 ./traitrace --version
jar=$root/tracer-tui/target/traitrace.jar
before=$(stat -c '%i %Y' "$jar")
expect "second run" 0 ./traitrace --version
if [ "$(stat -c '%i %Y' "$jar")" != "$before" ]; then
    printf 'the second run built the jar again\n'
    wrong=$((wrong + 1))
fi

ln -s "$root/traitrace" "$scratch/a link"
cd "$scratch"
expect "through a link, from elsewhere" 0 "./a link" --version
cp "$jar" "$scratch/a jar.jar"
expect "TRAITRACE_JAR with a space" 0 env TRAITRACE_JAR="$scratch/a jar.jar" "$root/traitrace" --version
expect "TRAITRACE_JAR that is not there" 3 env TRAITRACE_JAR="$scratch/none.jar" "$root/traitrace" --version
expect "JAVA_HOME that is not there" 0 env JAVA_HOME="$scratch/none" "$root/traitrace" --version

# A Java that is too old is passed over, wherever it is.
mkdir -p "$scratch/java 8/bin"
printf 'JAVA_VERSION="1.8.0_402"\n' >"$scratch/java 8/release"
printf '#!/bin/sh\nexit 99\n' >"$scratch/java 8/bin/java"
chmod +x "$scratch/java 8/bin/java"
expect "JAVA_HOME too old" 0 env JAVA_HOME="$scratch/java 8" "$root/traitrace" --version
expect "java on the path too old" 0 env -u JAVA_HOME PATH="$scratch/java 8/bin:$PATH" "$root/traitrace" --version

# What is not in a checkout has its jar elsewhere.
cp "$root/traitrace" "$scratch/traitrace"
if ! [ -e /usr/share/traitrace/traitrace.jar ]; then
    expect "no checkout and not installed" 3 "$scratch/traitrace" --version
fi

[ "$wrong" -eq 0 ]

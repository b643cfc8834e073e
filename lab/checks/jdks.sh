#!/usr/bin/env bash
#
# The built jar on every Java 17 or newer of this machine, as the launcher starts it and by a plain
# java -jar: it runs, and the JVM has nothing to warn about.
set -eu

cd "$(dirname "$(readlink -f "$0")")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
jar=$PWD/tracer-tui/target/traitrace.jar
wrong=0

# attempt STATUSES COMMAND...: the exit status is one of STATUSES, and nobody warned or fell over.
attempt() {
    local allowed=$1 status=0
    shift
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    if [[ " $allowed " != *" $status "* ]] ||
        grep -Eq 'WARNING|\[warning\]|^Exception|^[[:space:]]+at [a-z]+\.' "$scratch/out" "$scratch/err"; then
        printf '%s: %s: exit status %s\n' "$home" "$*" "$status"
        cat "$scratch/out" "$scratch/err"
        wrong=$((wrong + 1))
    fi
}

./traitrace --version >/dev/null 2>&1 </dev/null || true
found=0
seen=
for home in /usr/lib/jvm/*; do
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null || true)
    real=$(readlink -f "$home")
    # Debian's folders have a second name each.
    if [ "${version:-0}" -lt 17 ] || ! [ -x "$home/bin/java" ] || [[ $seen == *":$real:"* ]]; then
        continue
    fi
    seen+=":$real:"
    found=$((found + 1))
    printf 'Java %s in %s\n' "$version" "$home"
    attempt 0 "$home/bin/java" -jar "$jar" --version
    attempt 0 env JAVA_HOME="$home" ./traitrace --version
    # 3 and 4: the kernel or the user lacks something, and doctor says what.
    attempt "0 3 4" "$home/bin/java" -jar "$jar" doctor
    attempt "0 3 4" env JAVA_HOME="$home" ./traitrace doctor
done
if [ "$found" -eq 0 ]; then
    printf 'no Java 17 or newer in /usr/lib/jvm\n'
    exit 1
fi
[ "$wrong" -eq 0 ]

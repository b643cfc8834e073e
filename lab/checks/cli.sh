#!/usr/bin/env bash
#
# The command as a user meets it first: help, version, wrong arguments, exit codes, and what goes to
# which of the two outputs.
set -eu

cd "$(dirname "$(readlink -f "$0")")/../.."
out=$(mktemp)
err=$(mktemp)
trap 'rm -f "$out" "$err"' EXIT
wrong=0

# run STATUS ARGUMENT...: runs traitrace and compares its exit status.
run() {
    local expected=$1 status=0
    shift
    what="traitrace $*"
    ./traitrace "$@" >"$out" 2>"$err" </dev/null || status=$?
    if [ "$status" -ne "$expected" ]; then
        complain "exit status $status, not $expected"
    fi
}

complain() {
    printf '%s: %s\n' "$what" "$1"
    sed 's/^/    stdout: /' "$out"
    sed 's/^/    stderr: /' "$err"
    wrong=$((wrong + 1))
}

says() {
    grep -Eqi -- "$1" "$out" || complain "standard output has no /$1/"
}

complains_of() {
    grep -Eqi -- "$1" "$err" || complain "standard error has no /$1/"
}

silent() {
    if [ -s "$1" ]; then
        complain "something on standard $2"
    fi
}

# The first run may build, and says so.
./traitrace --version >/dev/null 2>&1 </dev/null || true

for arguments in --help -h help; do
    run 0 "$arguments"
    says '^usage: traitrace'
    says 'doctor'
    silent "$err" error
done

run 0 --version
says '[0-9]'
silent "$err" error

# Plain where nobody looks at colours.
run 0 --help
if LC_ALL=C grep -q '[^ -~]' "$out"; then
    complain "bytes that are not printable ASCII"
fi

run 2 --no-such-option
complains_of 'no-such-option'
silent "$out" output

run 2 no-such-command
complains_of 'no-such-command'
silent "$out" output

[ "$wrong" -eq 0 ]

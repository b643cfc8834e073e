#!/usr/bin/env bash
#
# The demo as users run it: its stories live, from the recording, as somebody without privileges,
# and cut short by Ctrl-C; and that nothing of it stays behind.
set -eu

cd "$(dirname "$(readlink -f "$0")")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out
err=$scratch/err
wrong=0
# Job control gives each run a process group of its own, which is what Ctrl-C goes to.
set -m

complain() {
    printf '%s: %s\n' "$what" "$1"
    sed 's/^/    stdout: /' "$out"
    sed 's/^/    stderr: /' "$err"
    wrong=$((wrong + 1))
}

says() {
    grep -Eq -- "$1" "$out" || complain "standard output has no /$1/"
}

complains_of() {
    grep -Eqi -- "$1" "$err" || complain "standard error has no /$1/"
}

stories() {
    says '10\.1\.0\.254:8000 udp .*delivered to socat'
    says '^ .* switch .*received by stack'
    says 'dst 10\.1\.0\.254:8000 -> 10\.9\.0\.2:7000'
    says '\+encap vxlan 42'
    says ' user .*socat\[[0-9]+\] recv fd [0-9]+ 200 B.* send fd [0-9]+ 200 B \(matched: memory\)'
    says ' server .*received by stack'
    says '10\.1\.0\.254:8000 tcp .*delivered to socat'
    says '10\.1\.0\.254:8053 udp .*DROPPED NETFILTER_DROP'
    says '^x .*dropped'
    says 'no event lost'
}

base36() {
    local n=$1 digits=0123456789abcdefghijklmnopqrstuvwxyz text=
    while [ "$n" -gt 0 ]; do
        text=${digits:n % 36:1}$text
        n=$((n / 36))
    done
    printf '%s' "$text"
}

# The BPF programs that a process holds: the kernel tells it in the files of its descriptors.
programs_of() {
    sed -n 's/^prog_id:[[:space:]]*//p' "/proc/$1/fdinfo/"* 2>/dev/null || true
}

# What the run with this process id made and left: the launcher becomes the JVM, whose process id is
# in the names of its namespaces.
left() {
    ip netns list | grep -E "^tt$(base36 "$1")x" || true
    pgrep -g "$1" -a || true
    if command -v bpftool >/dev/null; then
        sort -u "$scratch/programs" | while read -r id; do
            bpftool prog show id "$id" 2>/dev/null || true
        done
    fi
}

nothing_left() {
    local tries=30 found
    # A message that was under way ends with its socket, half a second later.
    while found=$(left "$1") && [ -n "$found" ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    if [ -n "$found" ]; then
        complain "left behind: $found"
    fi
}

# run STATUS TENTHS_UNTIL_CTRL_C ARGUMENT...: 0 = to its end.
run() {
    local expected=$1 after=$2 status=0 tenths=0 pid
    shift 2
    what="traitrace $*"
    : >"$scratch/programs"
    ./traitrace "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    if [ "$after" -ne 0 ]; then
        what="$what, Ctrl-C after $after tenths of a second"
    fi
    while kill -0 "$pid" 2>/dev/null; do
        programs_of "$pid" >>"$scratch/programs"
        if [ "$after" -ne 0 ] && [ "$tenths" -eq "$after" ]; then
            kill -INT -- "-$pid"
        fi
        tenths=$((tenths + 1))
        sleep 0.1
    done
    wait "$pid" || status=$?
    if [ "$status" -ne "$expected" ]; then
        complain "exit status $status, not $expected"
    fi
    nothing_left "$pid"
}

# The first run may build and install, and says so.
./traitrace --version >/dev/null 2>&1 </dev/null

run 0 0 demo --recorded --width 160
stories
says 'A recording of this demo'

# Somebody who may nothing: with a jar, as the checkout may be where nobody else can look.
what='traitrace demo as nobody'
mkdir -m 755 "$scratch/open"
cp traitrace "$scratch/open/traitrace"
cp tracer-tui/target/traitrace.jar "$scratch/open/traitrace.jar"
chmod 755 "$scratch" "$scratch/open" "$scratch/open/traitrace"
chmod 644 "$scratch/open/traitrace.jar"
as_nobody=()
if [ "$(id -u)" -eq 0 ]; then
    as_nobody=(setpriv --reuid nobody --regid nogroup --clear-groups)
fi
status=0
(cd / && "${as_nobody[@]}" env HOME=/ TRAITRACE_JAR="$scratch/open/traitrace.jar" "$scratch/open/traitrace" demo --width 160) \
    >"$out" 2>"$err" </dev/null || status=$?
if [ "$status" -ne 0 ]; then
    complain "exit status $status, not 0"
fi
stories
complains_of 'capabilities: without CAP_BPF.*run it as root'
complains_of 'replaying the recording'

if [ "$(id -u)" -ne 0 ]; then
    printf 'not root: the live demo is left out\n'
elif ! ./traitrace doctor >"$out" 2>"$err"; then
    printf 'no tracing here (traitrace doctor): the live demo is left out\n'
else
    ./traitrace demo >/dev/null 2>&1 </dev/null || true
    began=$(date +%s)
    run 0 0 demo --width 160
    took=$(($(date +%s) - began))
    stories
    if [ -s "$err" ]; then
        complain 'something on standard error'
    fi
    if [ "$took" -gt 20 ]; then
        complain "took $took s, more than 20"
    fi

    if command -v bpftool >/dev/null && ! [ -s "$scratch/programs" ]; then
        complain 'no BPF program was seen: this check would see none left behind'
    fi

    # While it looks, builds, goes on building, sends.
    for tenths in 4 9 14 20; do
        run 130 "$tenths" demo
        if [ -s "$err" ]; then
            complain 'something on standard error'
        fi
    done
fi

[ "$wrong" -eq 0 ]

#!/usr/bin/env bash
#
# The tracer where things are wrong: bad input, missing rights, missing parts of the host, signals,
# closed pipes, hostile names, full rings and disks. Real runs as root, on traffic in namespaces that
# this script makes: every one must end with one clear sentence and the right exit status, and leave
# nothing in the kernel.
#
# usage: lab/checks/trace.sh [PATTERN]     only the checks whose name matches, as in bash's [[ = ]]
set -eu

cd "$(dirname "$(readlink -f "$0")")/../.."
if [ "$(id -u)" -ne 0 ]; then
    printf 'not root: all of it is left out\n'
    exit 0
fi
if [ -z "${TRAITRACE_CHECK_INSIDE:-}" ]; then
    # The first run may build.
    ./traitrace --version >/dev/null
    # In a mount namespace of its own, names of network namespaces are in nobody's way, and they go
    # with it, however this script ends.
    exec env TRAITRACE_CHECK_INSIDE=1 unshare --mount --propagation private "$0" "$@"
fi
export LC_ALL=C.UTF-8
unset NO_COLOR TRAITRACE_JAR TRAITRACE_JAVA_OPTS

only=${1:-*}
scratch=$(mktemp -d)
# Others read in it, too: some checks run as nobody.
chmod 755 "$scratch"
out=$scratch/out
err=$scratch/err
mkdir -p /run/netns
mount -t tmpfs none /run/netns
children=()
wrong=0
passed=0
name=
trap 'end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

end() {
    local status=$? child
    for child in "${children[@]}"; do
        kill -KILL "$child" 2>/dev/null || true
    done
    wait
    if [ -n "$name" ]; then
        printf 'FAIL %s: the check itself ended with %s\n' "$name" "$status"
    fi
    umount -l "$scratch"/*.mount 2>/dev/null || true
    rm -rf "$scratch"
}

# check NAME FUNCTION: runs one check and says how it went.
check() {
    # shellcheck disable=SC2053 # it is a pattern
    [[ $1 = $only ]] || return 0
    name=$1
    faults=
    "$2"
    if [ -z "$faults" ]; then
        passed=$((passed + 1))
        printf 'ok   %s\n' "$name"
    else
        wrong=$((wrong + 1))
        printf 'FAIL %s: %s\n' "$name" "$faults"
    fi
    name=
}

fault() {
    faults+="${faults:+; }$1"
}

# run COMMAND...: leaves what it said in $out and $err and its exit status in $status.
run() {
    status=0
    "$@" >"$out" 2>"$err" </dev/null || status=$?
}

# ended STATUS: how the command before was to end.
ended() {
    [ "$status" -eq "$1" ] || fault "exit status $status, not $1 ($(tail -c 300 "$err"))"
}

# refused STATUS REGEX COMMAND...: it ends with STATUS and one sentence, which matches, and that is all.
refused() {
    local expected=$1 sentence=$2 lines=1
    shift 2
    run "$@"
    ended "$expected"
    if [ "$expected" -eq 2 ]; then
        lines=2
        grep -q "^Try 'traitrace .*--help'.$" "$err" || fault "no word of --help"
    fi
    [ "$(wc -l <"$err")" -eq "$lines" ] || fault "not one sentence: $(head -c 400 "$err")"
    head -n 1 "$err" | grep -qE "^traitrace: .*$sentence" || fault "not /$sentence/: $(head -c 400 "$err")"
    printable "$err"
    [ ! -s "$out" ] || fault "something on standard output"
}

# Nothing but printable ASCII and line ends.
printable() {
    if LC_ALL=C grep -q '[^ -~]' "$1"; then
        fault "not printable ASCII: $(LC_ALL=C grep -m 1 '[^ -~]' "$1" | head -c 100 | od -An -c | tr -s ' \n' ' ')"
    fi
}

# await SECONDS WHAT COMMAND...: asks until the command succeeds; a fault if it does not.
await() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        if [ "$SECONDS" -gt "$limit" ]; then
            fault "waited in vain: $what"
            return 0
        fi
        sleep 0.05
    done
}

# start COMMAND...: in the background, with the signals of a foreground command; sets $pid.
start() {
    env --default-signal=INT,QUIT "$@" </dev/null &
    pid=$!
    children+=("$pid")
}

# finish PID: waits for it; sets $status.
finish() {
    local child rest=()
    status=0
    wait "$1" || status=$?
    for child in "${children[@]}"; do
        if [ "$child" != "$1" ]; then
            rest+=("$child")
        fi
    done
    children=("${rest[@]}")
}

# stop PID: ends a child whose exit status nobody wants to know.
stop() {
    kill "$1" 2>/dev/null || true
    finish "$1" 2>/dev/null
}

# in_netns NAME COMMAND...
in_netns() {
    local netns=$1
    shift
    nsenter --net="/run/netns/$netns" "$@"
}

# Programs, maps and links in the kernel, as `prog 12`.
loaded() {
    local kind
    for kind in prog map link; do
        bpftool "$kind" list 2>/dev/null | sed -nE "s/^([0-9]+): .*/$kind \\1/p"
    done | sort
}

# Those of the given processes, of all if none is given.
held() {
    local process
    for process in "${@:-[0-9]*}"; do
        # shellcheck disable=SC2086 # the star is one
        cat /proc/$process/fdinfo/* 2>/dev/null | sed -nE 's/^(prog|map|link)_id:[[:space:]]*([0-9]+)$/\1 \2/p' || true
    done | sort -u
}

# attached PID...: whether each of these tracers is.
attached() {
    local process
    for process in "$@"; do
        [ "$(held "$process" | grep -c ^link)" -ge 10 ] || return 1
    done
}

none_loaded_of() {
    [ -z "$(loaded | comm -12 - "$1")" ]
}

no_orphans() {
    # In this order: what appears in between belongs to somebody else and is not in the first list.
    loaded >"$scratch/loaded"
    held | comm -23 "$scratch/loaded" - | comm -23 - "$scratch/orphans-before" >"$scratch/orphans"
    [ ! -s "$scratch/orphans" ]
}

# Nothing is in the kernel that no process holds and that was not there when we began. Other tracers may
# run meanwhile; the kernel takes a while to free what a process held.
nothing_left() {
    await 3 "nothing left in the kernel" no_orphans
    if compgen -G "$scratch/tmp/*" >/dev/null; then
        fault "files are left behind: $(ls "$scratch/tmp")"
    fi
}

packets() {
    grep -cE '^[0-9a-f]{16}  ' "$1" || true
}

# Every line is JSON, the first is meta, the last is stats and its count is right.
whole_json() {
    jq -es '.[0].type == "meta" and .[-1].type == "stats"
        and .[-1].packets == ([.[] | select(.type == "packet")] | length)' "$1" >/dev/null 2>&1 ||
        fault "not whole: $(tail -n 1 "$1" | head -c 200)"
    printable "$1"
}

# within COLUMNS FILE: no line is wider.
within() {
    awk -v width="$1" 'length > width { print; exit 1 }' "$2" >"$scratch/wide" ||
        fault "wider than $1: $(cat "$scratch/wide")"
}

ip netns add one
ip netns add two
ip -n one link add veth1 type veth peer name veth2 netns two
ip -n one addr add 198.18.37.1/30 dev veth1
ip -n two addr add 198.18.37.2/30 dev veth2
ip -n one link set veth1 up
ip -n two link set veth2 up
# The checks begin with answered neighbours and without the chatter of IPv6 on a new link.
in_netns one ping -q -c 1 -W 3 198.18.37.2 >/dev/null

# The jar where nobody may read it, whatever the rights of the checkout.
cp traitrace tracer-tui/target/traitrace.jar "$scratch"
mkdir -m 1777 "$scratch/tmp"
export TRAITRACE_JAVA_OPTS="-Djava.io.tmpdir=$scratch/tmp"
: >"$scratch/orphans-before"
no_orphans || cp "$scratch/orphans" "$scratch/orphans-before"

as_nobody() {
    env TRAITRACE_JAR="$scratch/traitrace.jar" setpriv --reuid=65534 --regid=65534 --clear-groups \
        --bounding-set=-all "$scratch/traitrace" "$@"
}

# without CAPABILITIES ARGUMENT...: as root that was stripped of them.
without() {
    local capabilities=$1
    shift
    setpriv --bounding-set="$capabilities" --inh-caps="$capabilities" ./traitrace "$@"
}

# lacking FILE ARGUMENT...: with an empty file in the place of FILE, or an empty folder.
lacking() {
    local file=$1
    shift
    # shellcheck disable=SC2016 # expanded there
    unshare --mount --propagation private sh -eu -c '
        if [ -d "$1" ]; then mount -t tmpfs none "$1"; else mount --bind /dev/null "$1"; fi
        shift
        exec ./traitrace "$@"' sh "$file" "$@"
}

# ping_on: 50 a second from one to two, in the background, until stopped; sets $pinging. The limit is only
# for what is never stopped: a check must not see it, on however slow a machine.
ping_on() {
    start nsenter --net=/run/netns/one ping -q -i 0.02 -w 200 198.18.37.2 >/dev/null
    pinging=$pid
}

bad_filter() {
    refused 2 "capture filter \"tcp prt 80\": can't parse filter expression: syntax error" ./traitrace trace tcp prt 80
    # 2 and not 4: the filter is looked at before anybody tries to attach anything.
    refused 2 "capture filter \"tcp prt 80\": .*syntax error" as_nobody trace tcp prt 80
    refused 2 "capture filter \"port 99999\": .*" ./traitrace record -o "$scratch/none" port 99999
    refused 2 "capture filter .*\\?\\[31m" ./traitrace trace $'tcp \033[31m\n\377'
    [ ! -e "$scratch/none" ] || fault "record made a file"
}

bad_options() {
    refused 2 'unknown option --jsn: did you mean --json\?' ./traitrace trace --jsn
    refused 2 'there is no command trce: did you mean trace\?' ./traitrace trce
    refused 2 "'5x' is not a duration: write 500ms, 5s, 2m or 1h" as_nobody trace --duration 5x
    refused 2 "'0' is not a count" ./traitrace trace -c 0
    refused 2 "'100k' is not a power of two: write 64k or 128k" ./traitrace trace --ring 100k
    refused 2 "'4k' is out of range: from 64k to 512M" ./traitrace record -o "$scratch/none" --ring 4k
    refused 2 "'1G' is not a size: write 64k, 8M or 512M" ./traitrace trace --ring 1G
    refused 2 '.*--ring .*--read' ./traitrace trace --read "$scratch/none" --ring 1M
}

bad_netns() {
    refused 2 "there is no network namespace 'onne': Did you mean 'one'\\? Known are: one, two" ./traitrace trace --netns onne
    refused 2 "there is no network namespace '/one'" as_nobody trace --netns /one
    refused 2 "there is no process 4194305" ./traitrace trace --netns pid:4194305
    refused 2 "there is no network namespace 'a.x1b\\[31m.x0ab'" ./traitrace trace --netns $'a\033[31m\nb'
}

# doctor_agrees REGEX COMMAND...: the doctor ends as the command before, and names the same.
doctor_agrees() {
    local expected=$status words=$1
    shift
    run "$@"
    ended "$expected"
    grep -qE "$words" "$out" || fault "doctor does not say /$words/"
    [ ! -s "$err" ] || fault "doctor on standard error: $(head -c 300 "$err")"
    printable "$out"
}

unprivileged() {
    refused 4 'CAP_BPF and CAP_PERFMON are missing: run it as root, with sudo for example$' as_nobody trace
    doctor_agrees 'fail +capabilities +without CAP_BPF, CAP_PERFMON' as_nobody doctor
    refused 4 'CAP_BPF and CAP_PERFMON are missing' as_nobody record -o "$scratch/tmp/none" icmp
}

stripped_root() {
    local capability
    for capability in bpf perfmon; do
        refused 4 "CAP_${capability^^} is missing: give " without -$capability,-sys_admin trace
    done
    doctor_agrees 'fail +capabilities +without CAP_PERFMON$' without -perfmon,-sys_admin doctor
    # CAP_SYS_ADMIN stands for both, and both do without it.
    run without -bpf,-perfmon trace --duration 100ms --netns one
    ended 0
    run without -sys_admin trace --duration 100ms --netns one
    ended 0
    nothing_left
}

user_namespace() {
    refused 4 'user namespace.*: run it as root outside' unshare --user --map-root-user ./traitrace trace
    doctor_agrees 'fail +capabilities .*user namespace' unshare --user --map-root-user ./traitrace doctor
}

no_btf() {
    refused 3 'no BTF type information at /sys/kernel/btf/vmlinux: .*CONFIG_DEBUG_INFO_BTF' lacking /sys/kernel/btf trace
    doctor_agrees 'fail +BTF ' lacking /sys/kernel/btf doctor
    refused 3 'no BTF' lacking /sys/kernel/btf hooks
}

# Where the loader finds a library.
library() {
    ldconfig -p | sed -nE "s/^[[:space:]]*$1 .* => //p" | head -n 1 | xargs readlink -f
}

no_libbpf() {
    local file
    file=$(library 'libbpf\.so\.1')
    refused 3 'libbpf.so.1 cannot be loaded: apt install libbpf1' lacking "$file" trace
    doctor_agrees 'fail +libbpf +cannot be loaded' lacking "$file" doctor
}

no_libpcap() {
    local file
    file=$(library 'libpcap\.so\.(0\.8|1)')
    refused 3 'capture filters need libpcap, which cannot be loaded: apt install' lacking "$file" trace icmp
    run lacking "$file" trace --duration 100ms --netns inode:1
    ended 0
    run lacking "$file" doctor
    ended 0
    grep -qE 'warn +libpcap +cannot be loaded' "$out" || fault "doctor is silent about it"
    nothing_left
}

# The bridge to C libraries has to be unpacked into a folder that allows executables.
no_tmp() {
    local folder=$scratch/tmp.mount sentence='no C library can be called: .*tmp.mount: name a folder that takes executables'
    mkdir "$folder"
    mount -t tmpfs -o noexec none "$folder"
    # The current folder is its second choice.
    refused 3 "$sentence" env -C "$folder" TRAITRACE_JAVA_OPTS="-Djava.io.tmpdir=$folder" "$PWD/traitrace" trace
    refused 3 "$sentence" env -C "$folder" TRAITRACE_JAVA_OPTS="-Djava.io.tmpdir=$folder" "$PWD/traitrace" trace icmp
    run env -C "$folder" TRAITRACE_JAVA_OPTS="-Djava.io.tmpdir=$folder" "$PWD/traitrace" doctor
    ended 3
    umount "$folder"
}

closed_pipe() {
    local began
    ping_on
    began=$SECONDS
    timeout 20 ./traitrace trace --netns one 2>"$err" </dev/null | head -n 1 >"$out"
    status=${PIPESTATUS[0]}
    ended 141
    [ -s "$out" ] || fault "no first line"
    [ ! -s "$err" ] || fault "it said: $(head -c 300 "$err")"
    stop "$pinging"
    # It ends although nothing comes any more that a write would fail for.
    (sleep 2 && in_netns one ping -q -c 2 -i 0.01 198.18.37.2 >/dev/null) &
    timeout 20 ./traitrace trace --json --netns one 2>"$err" </dev/null | head -n 1 >"$out"
    status=${PIPESTATUS[0]}
    ended 141
    [ ! -s "$err" ] || fault "it said: $(head -c 300 "$err")"
    [ $((SECONDS - began)) -lt 8 ] || fault "it took $((SECONDS - began)) s"
    nothing_left
}

full_output() {
    status=0
    timeout 20 ./traitrace trace --json --duration 100ms --netns one >/dev/full 2>"$err" </dev/null || status=$?
    ended 1
    [ "$(cat "$err")" = 'traitrace: cannot write the output: No space left on device' ] || fault "it said: $(head -c 300 "$err")"
}

# signal NAME STATUS OPTION...: in the middle of a trace, under traffic.
signal() {
    local signal=$1 expected=$2 said
    shift 2
    start ./traitrace trace --netns one "$@" >"$out" 2>"$err"
    await 10 "a packet" grep -qE '"type":"packet"|^[0-9a-f]{16}  ' "$out"
    sleep 0.3
    kill "-$signal" "$pid"
    finish "$pid"
    ended "$expected"
    said=$(sed -nE 's/^traitrace: ([0-9]+) packets?, .*/\1/p' "$err")
    if [ "$(wc -l <"$err")" -ne 1 ] || [ -z "$said" ]; then
        fault "no summary: $(head -c 300 "$err")"
    fi
    if [ $# -gt 0 ]; then
        whole_json "$out"
        [ "$said" = "$(tail -n 1 "$out" | jq .packets 2>/dev/null)" ] || fault "summary and stats differ"
    else
        [ "$said" = "$(packets "$out")" ] || fault "$said packets in the summary, $(packets "$out") in the text"
        [ -z "$(tail -c 1 "$out")" ] || fault "the last line is cut"
    fi
}

interrupted() {
    ping_on
    # While it starts, and where nothing is written that a signal could cut.
    start ./traitrace trace --json --netns one >"$out" 2>"$err"
    sleep 0.4
    kill -INT "$pid"
    finish "$pid"
    ended 130
    [ ! -s "$out" ] || whole_json "$out"
    start ./traitrace record -o "$scratch/signal.trec" --netns one 2>"$err"
    await 10 "records" test -s "$scratch/signal.trec"
    sleep 0.3
    kill -TERM "$pid"
    finish "$pid"
    ended 143
    grep -qE '^traitrace: [1-9][0-9]* records in ' "$err" || fault "no summary of the recording"
    run ./traitrace trace --read "$scratch/signal.trec" --json
    ended 0
    [ "$(tail -n 1 "$out" | jq .cut)" = false ] || fault "the recording was cut"
    signal INT 130
    signal INT 130 --json
    signal TERM 143
    signal TERM 143 --json
    stop "$pinging"
    nothing_left
}

# A reader that hangs must not keep the tracer from ending.
stuck_reader() {
    local fifo=$scratch/fifo reader began
    ping_on
    mkfifo "$fifo"
    # shellcheck disable=SC2217 # that it does not read is the point
    sleep 20 <"$fifo" &
    reader=$!
    children+=("$reader")
    start ./traitrace trace --all-events --netns one >"$fifo" 2>"$err"
    sleep 3
    began=$SECONDS
    kill -INT "$pid"
    finish "$pid"
    ended 130
    [ $((SECONDS - began)) -le 6 ] || fault "it took $((SECONDS - began)) s"
    stop "$reader"
    stop "$pinging"
    rm -f "$fifo"
    nothing_left
}

killed() {
    ping_on
    start ./traitrace trace --json --netns one >"$out" 2>"$err"
    await 10 "a packet" grep -q '"type":"packet"' "$out"
    held "$pid" >"$scratch/held"
    attached "$pid" || fault "not attached: $(wc -l <"$scratch/held") objects"
    kill -KILL "$pid"
    finish "$pid" 2>/dev/null
    ended 137
    await 3 "what it held is gone" none_loaded_of "$scratch/held"
    stop "$pinging"
    nothing_left
}

widths() {
    local width
    ping_on
    # One capture for all widths: it is the text that is looked at.
    run ./traitrace record -o "$scratch/widths.trec" --duration 500ms --netns one
    ended 0
    for width in 40 80 200; do
        run ./traitrace trace --read "$scratch/widths.trec" --netns one --width "$width"
        ended 0
        [ "$(packets "$out")" -gt 0 ] || fault "no packets at $width"
        within "$width" "$out"
        printable "$out"
    done
    stop "$pinging"
}

# on_terminal COLUMNS VARIABLE=VALUE...: live on a terminal of this width; the text is in $out.
on_terminal() {
    local columns=$1
    shift
    # shellcheck disable=SC2016 # expanded there
    COMMAND="$*" COLUMNS_WANTED=$columns timeout 20 script -qefc '
        stty cols $COLUMNS_WANTED rows 24 -onlcr
        exec env $COMMAND ./traitrace trace -c 4 --netns one 2>/dev/null' "$scratch/typescript" \
        >"$out" 2>"$err" </dev/null || fault "on a terminal it ended with $?"
}

terminals() {
    local plain
    ping_on
    on_terminal 40 TERM=xterm-256color
    grep -q $'\033\\[' "$out" || fault "no colours"
    sed -E -i $'s/\033\\[[0-9;]*m//g' "$out"
    within 40 "$out"
    printable "$out"
    [ "$(packets "$out")" -eq 4 ] || fault "$(packets "$out") packets"
    for plain in TERM=dumb 'TERM=xterm NO_COLOR=1'; do
        on_terminal 80 "$plain"
        within 80 "$out"
        printable "$out"
        [ "$(packets "$out")" -eq 4 ] || fault "$(packets "$out") packets with $plain"
    done
    stop "$pinging"
}

hostile_names() {
    local odd=$'o\033[31m\n\377d' device=$'a\033[31mb\377' program=$'p\033[2J\n\377\303\251' listener
    # As it is shown and as it can be typed.
    local shown='o\x1b[31m\x0a\xffd' text
    # ip-netns(8) would do it too, and then list it.
    : >"/run/netns/$odd"
    unshare --net="/run/netns/$odd" true
    in_netns "$odd" ip link add "$device" type veth peer name odd0 netns "/run/netns/one"
    in_netns "$odd" ip addr add 198.18.37.6/30 dev "$device"
    in_netns "$odd" ip link set "$device" up
    ip -n one addr add 198.18.37.5/30 dev odd0
    ip -n one link set odd0 up
    # The kernel takes the name of a process from that of the file.
    ln -s "$(command -v socat)" "$scratch/$program"
    start nsenter --net="/run/netns/$odd" "$scratch/$program" -u UDP-RECV:9 OPEN:/dev/null,append
    listener=$pid
    start ./traitrace trace --duration 2500ms --netns "$shown" >"$out" 2>"$err"
    text=$pid
    start ./traitrace trace --duration 2500ms --netns "$shown" --json >"$scratch/json" 2>"$scratch/json-err"
    await 10 "both are attached" attached "$text" "$pid"
    # From a process whose name is as bad, to a port that listens and to one that does not.
    # shellcheck disable=SC2016 # expanded there
    in_netns one bash -c 'printf "$1" >/proc/$$/comm
        for port in 9 10 9 10; do printf x >/dev/udp/198.18.37.6/$port || true; sleep 0.1; done' bash '\033]0;x\a\n\377' 2>/dev/null ||
        fault "the sender failed"
    finish "$text"
    ended 0
    finish "$pid"
    ended 0
    cat "$err" "$scratch/json-err" >>"$out"
    printable "$out"
    whole_json "$scratch/json"
    [ "$(packets "$out")" -ge 2 ] || fault "$(packets "$out") packets"
    for shown in "$shown" 'a\x1b[31mb\xff' 'p\x1b[2J\x0a\xff\xc3\xa9['; do
        grep -qF -- "$shown" "$out" || fault "no $shown in the text"
    done
    jq -es 'any(.[]; .device == "a\\x1b[31mb\\xff")' "$scratch/json" >/dev/null || fault "no device in the JSON"
    stop "$listener"
    ip -n one link del odd0
    umount "/run/netns/$odd"
    rm "/run/netns/$odd"
    nothing_left
}

two_tracers() {
    local first
    ping_on
    start ./traitrace trace -c 20 --netns one >"$out" 2>"$err"
    first=$pid
    start ./traitrace trace -c 20 --netns two --json >"$scratch/json" 2>>"$err"
    finish "$pid"
    ended 0
    finish "$first"
    ended 0
    [ "$(packets "$out")" -eq 20 ] || fault "$(packets "$out") packets of 20"
    whole_json "$scratch/json"
    stop "$pinging"
    nothing_left
}

netns_deleted() {
    ip netns add gone
    ip -n gone link set lo up
    start nsenter --net=/run/netns/gone ping -q -i 0.02 -c 120 127.0.0.1 >/dev/null
    pinging=$pid
    start ./traitrace trace --netns gone >"$out" 2>"$err"
    await 10 "a packet" grep -q '^[0-9a-f]' "$out"
    finish "$pinging"
    ip netns del gone
    sleep 1
    kill -INT "$pid"
    finish "$pid"
    ended 130
    grep -q ' gone  ' "$out" || fault "the name of the namespace does not show"
    [ "$(wc -l <"$err")" -eq 1 ] || fault "it said: $(head -c 300 "$err")"
    nothing_left
}

device_renamed() {
    ping_on
    start ./traitrace trace --netns two >"$out" 2>"$err"
    await 10 "a packet" grep -q ' veth2 ' "$out"
    ip -n two link set veth2 down
    ip -n two link set veth2 name other2
    ip -n two link set other2 up
    await 5 "the new name" grep -q ' other2 ' "$out"
    kill -INT "$pid"
    finish "$pid"
    ended 130
    ip -n two link set other2 down
    ip -n two link set other2 name veth2
    ip -n two link set veth2 up
    stop "$pinging"
    nothing_left
}

# flood_once: more than rings of the smallest size can take, for two seconds.
flood_once() {
    local server text lost
    start nsenter --net=/run/netns/two iperf3 -s -1 -p 5201 >/dev/null 2>&1
    server=$pid
    await 5 "the server" bash -c 'nsenter --net=/run/netns/two ss -Hltn | grep -q :5201'
    start ./traitrace trace --ring 64k --duration 4s --netns two >"$out" 2>"$err"
    text=$pid
    start ./traitrace trace --ring 64k --duration 4s --netns two --json >"$scratch/json" 2>"$scratch/json-err"
    await 10 "both are attached" attached "$text" "$pid"
    in_netns one timeout 10 iperf3 -c 198.18.37.2 -p 5201 -u -b 0 -l 200 -t 2 >/dev/null 2>&1 || fault "iperf3 failed"
    finish "$pid"
    ended 0
    finish "$text"
    ended 0
    finish "$server"
    grep -qE '^traitrace: LOST: [1-9][0-9]* events? \(rings full' "$err" || fault "no losses in the summary: $(head -c 300 "$err")"
    lost=$(tail -n 1 "$scratch/json" | jq .lost_events 2>/dev/null || true)
    [ "${lost:-0}" -gt 0 ] 2>/dev/null || fault "no losses in the stats: $(tail -n 1 "$scratch/json" | head -c 300)"
    whole_json "$scratch/json"
}

flood() {
    local round
    # On a machine that is busy otherwise, a ring may be read so rarely that of each packet all is lost
    # or nothing: then there is nothing to mark.
    for round in 1 2 3; do
        flood_once
        if grep -qE '^  -- ([0-9]+ events|1 event) lost here --$' "$out"; then
            break
        elif [ "$round" -eq 3 ]; then
            fault "no marks in the text"
        fi
    done
    nothing_left
}

full_disk() {
    local disk=$scratch/disk.mount
    mkdir "$disk"
    mount -t tmpfs -o size=128k none "$disk"
    start nsenter --net=/run/netns/one ping -q -f -w 15 198.18.37.2 >/dev/null
    pinging=$pid
    refused 1 'cannot write .*r.trec: No space left on device' ./traitrace record --duration 10s -o "$disk/r.trec"
    stop "$pinging"
    run ./traitrace trace --read "$disk/r.trec" --netns one
    ended 0
    [ "$(packets "$out")" -gt 0 ] || fault "nothing can be read of it"
    grep -q 'the recorder was stopped in the middle' "$err" || fault "it does not say that the file was cut"
    umount "$disk"
    nothing_left
}

record_targets() {
    local folder=$scratch/folder
    mkdir "$folder"
    printf 'mine\n' >"$folder/file"
    refused 2 'file exists: choose another name, or replace it with --force$' ./traitrace record -o "$folder/file"
    [ "$(cat "$folder/file")" = mine ] || fault "the file was changed"
    refused 2 'folder is a directory: ' ./traitrace record -o "$folder"
    rm "$folder/file"
    refused 2 'folder is a directory: ' ./traitrace record --force -o "$folder"
    [ -d "$folder" ] || fault "the folder is gone"
    mknod "$folder/device" c 1 3
    refused 2 'device is not a regular file: ' ./traitrace record --force -o "$folder/device"
    [ -c "$folder/device" ] || fault "the device is gone"
    refused 1 'none/file: its directory does not exist: create it first$' ./traitrace record -o "$folder/none/file"
    # Rights to trace, and none to write here.
    refused 4 'file: permission denied: ' env TRAITRACE_JAR="$scratch/traitrace.jar" setpriv --reuid=65534 --regid=65534 \
        --clear-groups --inh-caps=-all,+bpf,+perfmon --ambient-caps=-all,+bpf,+perfmon "$scratch/traitrace" record -o "$folder/file"
    [ ! -e "$folder/file" ] || fault "there is a file"
    nothing_left
}

check 'bad capture filter' bad_filter
check 'bad options' bad_options
check 'unknown namespace' bad_netns
check 'unprivileged user' unprivileged
check 'root without capabilities' stripped_root
check 'root of a user namespace' user_namespace
check 'no BTF' no_btf
check 'no libbpf' no_libbpf
check 'no libpcap' no_libpcap
check 'no folder for temporary files' no_tmp
check 'closed pipe' closed_pipe
check 'full standard output' full_output
check 'signals' interrupted
check 'reader that hangs' stuck_reader
check 'kill -9' killed
check 'widths' widths
check 'terminals' terminals
check 'hostile names' hostile_names
check 'two tracers' two_tracers
check 'namespace deleted' netns_deleted
check 'device renamed' device_renamed
check 'flood' flood
check 'full disk' full_disk
check 'files to record into' record_targets

printf '%d passed, %d failed\n' "$passed" "$wrong"
[ "$wrong" -eq 0 ]

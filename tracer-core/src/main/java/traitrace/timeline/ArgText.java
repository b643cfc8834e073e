package traitrace.timeline;

import java.util.Locale;
import java.util.Map;
import traitrace.event.Hook;
import traitrace.event.Nfqueue;
import traitrace.names.DropReasons;
import traitrace.names.Names;

/** What the argument of an event says, in words: {@code probes/hooks.h} tells which hook has which. */
final class ArgText {
    /** include/net/tcp_states.h, the same on every kernel. */
    private static final Map<Integer, String> TCP_STATES = Map.ofEntries(
            Map.entry(1, "ESTABLISHED"),
            Map.entry(2, "SYN_SENT"),
            Map.entry(3, "SYN_RECV"),
            Map.entry(4, "FIN_WAIT1"),
            Map.entry(5, "FIN_WAIT2"),
            Map.entry(6, "TIME_WAIT"),
            Map.entry(7, "CLOSE"),
            Map.entry(8, "CLOSE_WAIT"),
            Map.entry(9, "LAST_ACK"),
            Map.entry(10, "LISTEN"),
            Map.entry(11, "CLOSING"),
            Map.entry(12, "NEW_SYN_RECV"));

    private ArgText() {}

    private static String tcpState(int state) {
        return TCP_STATES.getOrDefault(state, "state " + state);
    }

    static String of(Hook hook, long arg, long len, Names names) {
        int high = (int) (arg >>> 32);
        int low = (int) arg;
        return switch (hook) {
            case QDISC_ENQUEUE, QDISC_DEQUEUE -> text("qdisc %x: with %d queued", high >>> 16, low);
            case KFREE_SKB -> at(names.dropReason(high), names.symbol(low & 0xffffffffL));
            case CONSUME_SKB -> at("", names.symbol(low & 0xffffffffL));
            case SKB_COPY_DATAGRAM, SKB_SPLICE -> Integer.toUnsignedString(low) + " B";
            case SOCKMAP_REDIRECT -> (low & 1) == 0 ? "to be sent" : "to be read";
            case SOCK_RECV_LENGTH, SOCK_SEND_LENGTH, SOCKMAP_SEND -> len + " B";
            case SKB_CONSUME_UDP -> low < 0 ? "only looked at" : low + " B";
            case TCP_TRANSMIT, TCP_DO_RCV -> text("seq %d, %d B", Integer.toUnsignedLong(high), low - high);
            case XSK_RCV -> arg == 0 ? "" : text("error %d", low);
            case ICMP_SEND -> text("ICMP type %d code %d", low >>> 8, low & 0xff);
            case UDP_FAIL_QUEUE -> "error " + -low;
            case SOCK_RCVQUEUE_FULL -> text("%d of %d B used", high, low);
            // 0 is "not specified", and all that older kernels tell.
            case TCP_SEND_RESET -> low == 0 ? "" : names.dropReason(DropReasons.ofReset(low));
            case NET_DEV_XMIT -> "busy";
            case NFQUEUE_ENQUEUE -> QueueWaits.text(Nfqueue.Enqueue.of(arg));
            case NFQUEUE_VERDICT -> QueueWaits.text(Nfqueue.Verdict.of(arg));
            case INET_SOCK_SET_STATE -> tcpState(high) + " > " + tcpState(low);
            default -> "";
        };
    }

    /** With the digits of ASCII, whatever the user's language. */
    private static String text(String format, Object... numbers) {
        return String.format(Locale.ROOT, format, numbers);
    }

    private static String at(String reason, String symbol) {
        return symbol.isEmpty() ? reason : (reason + " in " + symbol).strip();
    }
}

package traitrace.timeline;

import traitrace.event.Hook;
import traitrace.names.Names;

/** What the argument of an event says, in words: {@code probes/hooks.h} tells which hook has which. */
final class ArgText {
    private ArgText() {}

    static String of(Hook hook, long arg, long len, Names names) {
        int high = (int) (arg >>> 32);
        int low = (int) arg;
        return switch (hook) {
            case QDISC_ENQUEUE, QDISC_DEQUEUE -> "qdisc %x: with %d queued".formatted(high >>> 16, low);
            case KFREE_SKB -> at(names.dropReason(high), names.symbol(low & 0xffffffffL));
            case CONSUME_SKB -> at("", names.symbol(low & 0xffffffffL));
            case SKB_COPY_DATAGRAM -> Integer.toUnsignedString(low) + " B";
            case SOCK_RECV_LENGTH -> len + " B";
            case ICMP_SEND -> "ICMP type %d code %d".formatted(low >>> 8, low & 0xff);
            case UDP_FAIL_QUEUE -> "error " + -low;
            case SOCK_RCVQUEUE_FULL -> "%d of %d B used".formatted(high, low);
            case NET_DEV_XMIT -> "busy";
            default -> "";
        };
    }

    private static String at(String reason, String symbol) {
        return symbol.isEmpty() ? reason : (reason + " in " + symbol).strip();
    }
}

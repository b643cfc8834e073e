package traitrace.export;

import java.util.List;
import traitrace.event.Hook;
import traitrace.event.Nfqueue;
import traitrace.event.Stage;
import traitrace.timeline.Hop;

/**
 * One or more hops shown as one line.
 *
 * @param hops of one skb at one device, in order of time; never empty
 */
record Row(List<Hop> hops) {
    private static final String COMMA = ", ";

    Row {
        hops = List.copyOf(hops);
    }

    Hop first() {
        return hops.get(0);
    }

    Hop last() {
        return hops.get(hops.size() - 1);
    }

    Stage stage() {
        return hops.size() > 1 && last().hook() == Hook.NET_DEV_START_XMIT
                ? Stage.DEVICE
                : last().hook().stage();
    }

    /** What of the detail the description does not say: it says how much a call moved, and what a process decided. */
    String rest() {
        Hop hop = last();
        if (hop.call().isCall()) {
            return "";
        }
        if (hop.hook() != Hook.NFQUEUE_VERDICT) {
            return hop.detail();
        }
        int comma = hop.detail().indexOf(COMMA);
        return comma < 0 ? "" : hop.detail().substring(comma + COMMA.length());
    }

    /** The verdict on a queued packet, without what else there is to say of it. */
    private static String decision(Hop hop) {
        int comma = hop.detail().indexOf(COMMA);
        return comma < 0 ? hop.detail() : hop.detail().substring(0, comma);
    }

    /** The process that sent the packet here; empty where the kernel did, or forwards it. */
    String sender() {
        Hop hop = first();
        boolean sends =
                hop.hook() == Hook.NET_DEV_QUEUE || hop.hook() == Hook.TCP_TRANSMIT || hop.hook() == Hook.XSK_XMIT;
        return sends && hop.pid() != 0 && !hop.process().isEmpty()
                ? "from " + hop.process() + "[" + hop.pid() + "]"
                : "";
    }

    /** What happened, in at most 20 characters, or the name of a process and what it did. */
    String what() {
        if (hops.size() > 1 && last().hook() == Hook.NET_DEV_START_XMIT) {
            return "sent by device";
        }
        Hop hop = last();
        boolean named = hop.hook().stage() == Stage.USER
                && hop.pid() != 0
                && !hop.process().isEmpty();
        String process = hop.process() + "[" + hop.pid() + "]";
        if (hop.call().isCall()) {
            return (named ? process : "process") + " " + CallText.of(hop);
        }
        return switch (hop.hook()) {
            case NET_DEV_QUEUE -> "handed to device";
            case NET_DEV_START_XMIT -> "given to driver";
            case NET_DEV_XMIT -> "refused by driver";
            case QDISC_ENQUEUE -> "queued in qdisc";
            case QDISC_DEQUEUE -> "taken from qdisc";
            case NETIF_RX -> "arrived, in backlog";
            case NETIF_RECEIVE_SKB -> "received by stack";
            case NAPI_GRO_RECEIVE, NAPI_GRO_FRAGS -> "arrived, before GRO";
            case CONSUME_SKB -> "freed after use";
            case KFREE_SKB -> "dropped";
            case SKB_COPY_DATAGRAM -> named ? "copied to " + process : "copied to process";
            case SK_DATA_READY, UDP_ENQUEUE -> "queued for socket";
            case SKB_CONSUME_UDP -> {
                String did = (int) hop.arg() < 0 ? "looked at by " : "received by ";
                yield did + (named ? process : "process");
            }
            case SOCK_RECV_LENGTH -> named ? "received by " + process : "received by process";
            case SOCK_SEND_LENGTH -> named ? "sent by " + process : "sent by process";
            case TCP_PROBE -> "processed by TCP";
            case INET_SOCK_SET_STATE -> "taken by TCP";
            case TCP_BAD_CSUM -> "bad TCP checksum";
            case TCP_SEND_RESET -> "answered with RST";
            case ICMP_SEND -> "answered with ICMP";
            case UDP_FAIL_QUEUE -> "refused by socket";
            case SOCKMAP_REDIRECT -> "sockmap redirect";
            case SOCKMAP_SEND -> "sent on by sockmap";
            case SOCK_RCVQUEUE_FULL -> "receive buffer full";
            case TCP_TRANSMIT -> "sent by TCP";
            case TCP_DO_RCV -> "taken by TCP";
            case IP_LOCAL_OUT, IP6_LOCAL_OUT -> "sent by IP";
            case SKB_SPLICE -> named ? "spliced by " + process : "spliced to a pipe";
            case XSK_RCV -> hop.arg() == 0 ? "taken by AF_XDP" : "refused by AF_XDP";
            case XSK_XMIT -> "sent by AF_XDP";
            case FRAG_QUEUE_INSERT -> "waits for fragments";
            case FRAG_REASM_FINISH -> "reassembled";
            case NFQUEUE_ENQUEUE ->
                Nfqueue.Enqueue.of(hop.arg()).refused() ? "refused by a queue" : "queued for a verdict";
            case NFQUEUE_VERDICT ->
                named && Nfqueue.Verdict.of(hop.arg()).decided() ? process + " " + decision(hop) : decision(hop);
        };
    }
}

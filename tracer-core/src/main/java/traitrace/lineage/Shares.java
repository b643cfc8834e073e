package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;
import traitrace.event.Transfer;

/** Works out which bytes that were received were in which skb. */
final class Shares {
    private static final int MOST_FLOWS = 8192;
    private static final int MOST_MERGES = 16;

    /** A TCP flow as it stands in a network namespace. */
    private record FlowAt(long flow, long netns) {}

    private final TcpFlows tcp;
    private final boolean exact;
    /** By the address of the socket that reads it. */
    private final Recent<Long, FlowAt> flows = new Recent<>(MOST_FLOWS);

    /** @param exact what was merged into an skb is known by its members */
    Shares(TcpFlows tcp, boolean exact) {
        this.tcp = tcp;
        this.exact = exact;
    }

    /** A segment reached its socket. */
    void reads(long socket, Skb segment) {
        flows.put(socket, new FlowAt(segment.flow, segment.netns));
    }

    /** @param told the skbs that the kernel copied in this call, in order; of TCP it may be none */
    List<Receive.Share> of(Transfer receive, List<ThreadCalls.Delivery> told) {
        List<Receive.Share> shares = new ArrayList<>(1);
        if (!receive.stream()) {
            long at = 0;
            for (ThreadCalls.Delivery delivery : told) {
                shares.add(new Receive.Share(delivery.skb(), at, at + delivery.bytes(), true));
                at += delivery.bytes();
            }
            return shares;
        }
        for (ThreadCalls.Delivery delivery : told) {
            Skb skb = delivery.skb();
            if (exact) {
                addMembers(shares, skb, receive.seq(), receive.bytes(), 0);
            } else if (skb.tcp) {
                reads(receive.socket(), skb);
                addFlow(shares, receive, skb);
            }
        }
        if (told.isEmpty()) {
            addFlow(shares, receive, null);
        }
        return shares;
    }

    /**
     * Of bytes that were taken out of an skb by no reader: its own and those of what was merged into it.
     *
     * @param sequence of the first of them, where it came by TCP
     */
    List<Receive.Share> of(Skb skb, long sequence, long bytes) {
        List<Receive.Share> shares = new ArrayList<>(1);
        if (skb.tcp) {
            addMembers(shares, skb, sequence, bytes, 0);
        } else {
            shares.add(new Receive.Share(skb, 0, bytes, true));
        }
        return shares;
    }

    /**
     * The others of the same flow that had such numbers: a message that a parser put together (net/strparser/strparser.c)
     * begins with one skb, and goes on in others of which that tells nothing.
     *
     * @param known shares that are of these bytes
     */
    List<Receive.Share> others(List<Receive.Share> known, Skb skb, long sequence, long bytes) {
        List<Receive.Share> shares = new ArrayList<>(0);
        long covered = known.stream().mapToLong(Receive.Share::to).max().orElse(0);
        if (skb.tcp && covered < bytes) {
            tcp.overlapping(skb.flow, skb.netns, sequence + covered, sequence + bytes, skb, other -> {
                if (exact ? other.accepted && !other.dropped : taken(other)) {
                    add(shares, other, sequence, bytes);
                }
            });
        }
        return shares;
    }

    private static void addMembers(List<Receive.Share> shares, Skb skb, long sequence, long bytes, int depth) {
        add(shares, skb, sequence, bytes);
        for (Skb member : skb.members()) {
            if (depth < MOST_MERGES) {
                addMembers(shares, member, sequence, bytes, depth + 1);
            }
        }
    }

    /** @param read the skb that was copied; null = that is not known */
    private void addFlow(List<Receive.Share> shares, Transfer receive, Skb read) {
        FlowAt at = flows.get(receive.socket());
        if (at == null) {
            return;
        }
        tcp.overlapping(at.flow(), at.netns(), receive.seq(), receive.seq() + receive.bytes(), null, skb -> {
            if (skb == read || taken(skb)) {
                add(shares, skb, receive.seq(), receive.bytes());
            }
        });
    }

    /** What never came to the socket was sent again. */
    private static boolean taken(Skb skb) {
        return !skb.dropped && (skb.atSocket || !skb.open);
    }

    private static void add(List<Receive.Share> shares, Skb skb, long sequence, long bytes) {
        if (!skb.tcp || shares.stream().anyMatch(share -> share.skb() == skb)) {
            return;
        }
        long from = Math.max(0, (int) (skb.sequence - sequence));
        long to = Math.min(bytes, (int) (skb.sequence + skb.payloadLength - sequence));
        if (from < to) {
            shares.add(new Receive.Share(skb, from, to, true));
        }
    }
}

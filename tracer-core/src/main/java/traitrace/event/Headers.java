package traitrace.event;

import java.util.List;

/**
 * The headers of a packet as a snapshot holds them, outermost first.
 *
 * @param layers what was understood, outermost first; ends where the snapshot ends or an unknown header begins
 * @param truncated the snapshot ended inside a header
 * @param gsoSize payload bytes of a segment; 0 = not a GSO skb
 * @param gsoSegs segments it stands for; 0 = not a GSO skb
 * @param vlanTci hardware-accelerated VLAN tag, -1 = none
 * @param checksum skb->ip_summed: 0 none, 1 unnecessary, 2 complete, 3 partial
 * @param packetType skb->pkt_type: 0 host, 1 broadcast, 2 multicast, 3 otherhost, 4 outgoing
 */
public record Headers(
        List<Layer> layers, boolean truncated, int gsoSize, int gsoSegs, int vlanTci, int checksum, int packetType) {
    /** Nothing known. */
    public static final Headers NONE = new Headers(List.of(), false, 0, 0, -1, 0, 0);

    public Headers {
        layers = List.copyOf(layers);
    }
}

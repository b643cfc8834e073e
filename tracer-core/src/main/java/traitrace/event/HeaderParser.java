package traitrace.event;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Decodes the headers in a snapshot; by what rules, see {@link HeaderWalk}. Never throws, whatever the bytes. */
public final class HeaderParser {
    private HeaderParser() {}

    /**
     * What the kernel keeps beside the bytes of an skb.
     *
     * @param gsoSize payload bytes of a segment; 0 = not a GSO skb
     * @param gsoSegs segments it stands for
     * @param vlanTci hardware-accelerated VLAN tag, -1 = none
     * @param checksum skb->ip_summed
     * @param packetType skb->pkt_type
     * @param encapsulation skb->encapsulation
     */
    public record Metadata(int gsoSize, int gsoSegs, int vlanTci, int checksum, int packetType, boolean encapsulation) {
        public static final Metadata NONE = new Metadata(0, 0, -1, 0, 0, false);
    }

    /** The headers of an event; {@link Headers#NONE} if it has no well-formed snapshot. */
    public static Headers parse(EventView event) {
        if (!event.wellFormed() || !event.hasSnapshot()) {
            return Headers.NONE;
        }
        Metadata metadata = new Metadata(
                event.gsoSize(),
                event.gsoSegs(),
                event.vlanTci(),
                event.checksum(),
                event.packetType(),
                HeaderWalk.encapsulation(event));
        return parse(
                event.buffer(), event.headerOffset(), event.captured(), event.network(), event.protocol(), metadata);
    }

    /**
     * The headers in bytes that are in network byte order, whatever the byte order of the buffer.
     *
     * @param offset of the first captured byte in the buffer, absolute
     * @param captured bytes; cut to what the buffer holds
     * @param network offset of the network header (or of a VLAN tag before it) in the captured bytes; 0 = there is no
     *     L2 header
     * @param protocol skb->protocol, an Ethertype: of what stands at {@code network}; 0 = not known
     */
    public static Headers parse(
            ByteBuffer buffer, int offset, int captured, int network, int protocol, Metadata metadata) {
        List<Layer> layers = new ArrayList<>(8);
        boolean truncated = HeaderWalk.walk(
                buffer,
                offset,
                captured,
                network,
                protocol,
                metadata.encapsulation(),
                (layer, start) -> layers.add(layer));
        boolean gso = metadata.gsoSize() > 0;
        return new Headers(
                layers,
                truncated,
                metadata.gsoSize(),
                gso ? metadata.gsoSegs() : 0,
                metadata.vlanTci(),
                metadata.checksum(),
                metadata.packetType());
    }
}

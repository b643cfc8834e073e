package traitrace.filter;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import traitrace.event.EventView;
import traitrace.event.HeaderWalk;
import traitrace.event.Layer;

/**
 * One of the packets that are inside each other: up to one Ethernet header, its VLAN tags, and what they carry. Places are
 * bytes from the first captured one.
 *
 * @param ethernet where the Ethernet header begins; -1 = there is none
 * @param start where the level begins: the Ethernet header, else the first tag, else the network header
 * @param tags VLAN tags in the bytes
 * @param network where the header after the tags begins; may be where the captured bytes end
 * @param etherType of what stands there
 * @param isIp whether that is an IPv4 or IPv6 header
 */
record PacketLevel(int ethernet, int start, int tags, int network, int etherType, boolean isIp) {
    private static final int TAG_BYTES = 4;
    private static final int MAC_BYTES = 12;
    private static final int ETHERNET_BYTES = 14;
    private static final int TPID = 0x8100;

    /** Outermost first; never empty. */
    static List<PacketLevel> of(EventView event) {
        List<PacketLevel> levels = new ArrayList<>(2);
        Builder builder = new Builder();
        HeaderWalk.walk(event, (layer, start) -> builder.add(levels, layer, start));
        builder.finish(levels);
        if (levels.isEmpty()) {
            int network = Math.min(event.network(), event.captured());
            levels.add(new PacketLevel(-1, network, 0, network, event.protocol(), false));
        }
        return levels;
    }

    /** Puts levels together from layers. */
    private static final class Builder {
        /** The level that is open; null if its network header was seen, or if there was none yet. */
        private PacketLevel open;

        void add(List<PacketLevel> levels, Layer layer, int start) {
            if (layer instanceof Layer.Ethernet eth) {
                finish(levels);
                open = new PacketLevel(start, start, 0, start + ETHERNET_BYTES, eth.etherType(), false);
            } else if (layer instanceof Layer.Vlan vlan) {
                open = open == null
                        ? new PacketLevel(-1, start, 1, start + TAG_BYTES, vlan.etherType(), false)
                        : new PacketLevel(
                                open.ethernet, open.start, open.tags + 1, start + TAG_BYTES, vlan.etherType(), false);
            } else if (layer instanceof Layer.Ipv4) {
                network(levels, start, 0x0800, true);
            } else if (layer instanceof Layer.Ipv6) {
                network(levels, start, 0x86dd, true);
            } else if (layer instanceof Layer.Arp) {
                network(levels, start, 0x0806, false);
            } else if (layer instanceof Layer.Unknown unknown && (open != null || levels.isEmpty())) {
                network(levels, start, unknown.protocol(), false);
            }
        }

        private void network(List<PacketLevel> levels, int start, int etherType, boolean isIp) {
            levels.add(
                    open == null
                            ? new PacketLevel(-1, start, 0, start, etherType, isIp)
                            : new PacketLevel(open.ethernet, open.start, open.tags, start, etherType, isIp));
            open = null;
        }

        void finish(List<PacketLevel> levels) {
            if (open != null) {
                levels.add(open);
                open = null;
            }
        }
    }

    /**
     * The level as an Ethernet frame; addresses that are not there are 0.
     *
     * @param offset of the first captured byte in {@code bytes}
     * @param vlanTci a tag to put before those in the bytes; -1 = none
     * @param keepTags keep those in the bytes
     */
    ByteBuffer frame(ByteBuffer bytes, int offset, int captured, int vlanTci, boolean keepTags) {
        int room = ETHERNET_BYTES + TAG_BYTES * (1 + tags) + Math.max(0, captured - network);
        ByteBuffer frame = ByteBuffer.allocate(room);
        if (ethernet >= 0) {
            copy(frame, bytes, offset + ethernet, MAC_BYTES);
        } else {
            frame.position(MAC_BYTES);
        }
        if (vlanTci >= 0) {
            frame.putShort((short) TPID).putShort((short) vlanTci);
        }
        int rest = network;
        if (keepTags && ethernet >= 0) {
            rest = ethernet + MAC_BYTES;
        } else if (keepTags && tags > 0) {
            // The number of the first tag is that of the skb's protocol, not in the bytes.
            frame.putShort((short) TPID);
            rest = start;
        } else {
            frame.putShort((short) etherType);
        }
        copy(frame, bytes, offset + rest, Math.max(0, captured - rest));
        return frame.flip();
    }

    private static void copy(ByteBuffer to, ByteBuffer from, int at, int count) {
        for (int i = 0; i < count; i++) {
            to.put(from.get(at + i));
        }
    }
}

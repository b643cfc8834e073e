package traitrace.event;

import java.nio.ByteBuffer;

/**
 * Walks the headers of a packet, outermost first, and says where each begins.
 *
 * <p>The bytes may be anything: what does not make sense is given as {@link Layer.Unknown} and ends the walk, and
 * neither the walk nor its memory is longer than the bytes allow. Nothing is thrown, unless by the visitor.
 *
 * <ul>
 *   <li>The bytes begin with an Ethernet header if that header and its VLAN tags end at {@code network}, or if
 *       {@code network} points at one of the tags. Otherwise what precedes {@code network} is another kind of L2
 *       header, or an outer header that the kernel has already taken off, and is skipped.
 *   <li>Where the protocol of the skb is not known (0, or ETH_P_ALL), the version field of IP decides.
 *   <li>A length field of IP or UDP hides what lies beyond it, such as Ethernet padding, but is ignored if it is 0 (large
 *       GSO packets) or shorter than its own header (not yet written).
 *   <li>A fragment that is not the first has no headers after IP.
 *   <li>VXLAN and Geneve are known by the destination port of UDP; if skb-&gt;encapsulation is set and the port is another,
 *       VXLAN is taken if its flags, its reserved bits and the inner Ethertype are those of VXLAN.
 *   <li>An authentication header is passed over without a layer of its own.
 * </ul>
 */
public final class HeaderWalk {
    static final int ETH_IPV4 = 0x0800;
    static final int ETH_ARP = 0x0806;
    static final int ETH_TEB = 0x6558;
    static final int ETH_IPV6 = 0x86dd;
    private static final int ETH_ALL = 3;

    private static final int HOP_BY_HOP = 0;
    private static final int ICMP = 1;
    private static final int IPV4_IN_IP = 4;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int IPV6_IN_IP = 41;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int GRE = 47;
    private static final int ESP = 50;
    private static final int AUTHENTICATION = 51;
    private static final int ICMPV6 = 58;
    private static final int NO_NEXT_HEADER = 59;
    private static final int DESTINATION = 60;

    private static final int PORT_VXLAN = 4789;
    private static final int PORT_VXLAN_LINUX = 8472;
    private static final int PORT_GENEVE = 6081;

    /** More than any sane packet has; a snapshot of 128 bytes ends long before. */
    private static final int MAX_HEADERS = 32;

    /** Takes the layers in order. */
    @FunctionalInterface
    public interface Visitor {
        /** @param start where the header begins, bytes from the first captured one */
        void layer(Layer layer, int start);
    }

    /** What kind of number {@link #number} is. */
    private enum Next {
        ETHERNET,
        ETHERTYPE,
        IP_PROTOCOL,
        NOTHING
    }

    private final ByteBuffer buffer;
    private final int offset;
    private final int captured;
    private final boolean encapsulation;
    private final Visitor visitor;

    private int position;
    /** Where the packet ends by its own length fields; may be beyond the captured bytes. */
    private int end = Integer.MAX_VALUE;

    private Next next = Next.NOTHING;
    private int number;
    private boolean inIpv6;
    private boolean truncated;

    private HeaderWalk(ByteBuffer buffer, int offset, int captured, boolean encapsulation, Visitor visitor) {
        this.buffer = buffer;
        this.offset = offset;
        this.captured = captured;
        this.encapsulation = encapsulation;
        this.visitor = visitor;
    }

    /**
     * Walks the snapshot of an event; an event without a well-formed snapshot has no headers.
     *
     * @return whether the snapshot ended inside a header, or where one had to follow
     */
    public static boolean walk(EventView event, Visitor visitor) {
        if (!event.wellFormed() || !event.hasSnapshot()) {
            return false;
        }
        return walk(
                event.buffer(),
                event.headerOffset(),
                event.captured(),
                event.network(),
                event.protocol(),
                encapsulation(event),
                visitor);
    }

    /**
     * Walks header bytes in network byte order, whatever the byte order of the buffer.
     *
     * @param offset of the first captured byte in the buffer, absolute
     * @param captured bytes; cut to what the buffer holds
     * @param network offset of the network header (or of a VLAN tag before it) in the captured bytes; 0 = there is no
     *     L2 header
     * @param protocol skb->protocol, an Ethertype: of what stands at {@code network}; 0 = not known
     * @param encapsulation skb->encapsulation
     * @return whether the captured bytes ended inside a header, or where one had to follow
     */
    public static boolean walk(
            ByteBuffer buffer,
            int offset,
            int captured,
            int network,
            int protocol,
            boolean encapsulation,
            Visitor visitor) {
        if (offset < 0 || offset > buffer.limit() || captured < 0 || network < 0) {
            return false;
        }
        int available = Math.min(captured, buffer.limit() - offset);
        HeaderWalk walk = new HeaderWalk(buffer, offset, available, encapsulation, visitor);
        walk.begin(network, protocol);
        walk.run();
        return walk.truncated;
    }

    static boolean encapsulation(EventView event) {
        int at = event.offset() + EventLayout.EVENT_BYTES + EventLayout.SNAPSHOT_ENCAPSULATION;
        return event.buffer().get(at) != 0;
    }

    private void begin(int network, int protocol) {
        if (network > captured) {
            truncated = true;
        } else if (beginsWithEthernet(network)) {
            then(Next.ETHERNET, ETH_TEB);
        } else {
            position = network;
            then(Next.ETHERTYPE, protocol);
        }
    }

    private boolean beginsWithEthernet(int network) {
        int at = 14;
        if (network < at) {
            return false;
        }
        while (at < network && at + 4 <= captured && isVlan(u16(at - 2))) {
            at += 4;
        }
        return at == network;
    }

    private void run() {
        for (int headers = 0; next != Next.NOTHING; headers++) {
            if (headers == MAX_HEADERS) {
                unknown();
                return;
            }
            switch (next) {
                case ETHERNET -> ethernet();
                case ETHERTYPE -> etherType();
                case IP_PROTOCOL -> ipProtocol();
                case NOTHING -> throw new AssertionError();
            }
        }
    }

    private void then(Next next, int number) {
        this.next = next;
        this.number = number;
    }

    private void stop() {
        next = Next.NOTHING;
    }

    private void unknown() {
        visitor.layer(new Layer.Unknown(number), position);
        stop();
    }

    /** Whether the next {@code bytes} can be read; if not, the walk has been ended. */
    private boolean has(int bytes) {
        if (position > end - bytes) {
            unknown();
            return false;
        }
        if (position > captured - bytes) {
            truncated = true;
            stop();
            return false;
        }
        return true;
    }

    /** Bounds the packet by a length field that counts from {@code start}. */
    private void limit(int start, int length, int headerLength) {
        if (length >= headerLength) {
            end = Math.min(end, start + length);
        }
    }

    private void ethernet() {
        if (!has(14)) {
            return;
        }
        int type = u16(position + 12);
        visitor.layer(new Layer.Ethernet(bytes(position + 6, 6), bytes(position, 6), type), position);
        position += 14;
        then(Next.ETHERTYPE, type);
    }

    private void etherType() {
        if (number == 0 || number == ETH_ALL) {
            guessVersion();
            return;
        }
        switch (number) {
            case ETH_IPV4 -> ipv4();
            case ETH_IPV6 -> ipv6();
            case ETH_ARP -> arp();
            case ETH_TEB -> ethernet();
            default -> {
                if (isVlan(number)) {
                    vlan();
                } else {
                    unknown();
                }
            }
        }
    }

    private static boolean isVlan(int etherType) {
        return etherType == 0x8100 || etherType == 0x88a8 || etherType == 0x9100;
    }

    private void guessVersion() {
        if (!has(1)) {
            return;
        }
        switch (u8(position) >> 4) {
            case 4 -> then(Next.ETHERTYPE, ETH_IPV4);
            case 6 -> then(Next.ETHERTYPE, ETH_IPV6);
            default -> unknown();
        }
    }

    private void vlan() {
        if (!has(4)) {
            return;
        }
        int type = u16(position + 2);
        visitor.layer(new Layer.Vlan(u16(position), type), position);
        position += 4;
        then(Next.ETHERTYPE, type);
    }

    private void arp() {
        if (!has(8)) {
            return;
        }
        // Only IPv4 over Ethernet has the addresses where they are read.
        if (u16(position) != 1 || u16(position + 2) != ETH_IPV4 || u16(position + 4) != 0x0604) {
            unknown();
            return;
        }
        if (!has(28)) {
            return;
        }
        visitor.layer(
                new Layer.Arp(
                        u16(position + 6),
                        bytes(position + 8, 6),
                        bytes(position + 14, 4),
                        bytes(position + 18, 6),
                        bytes(position + 24, 4)),
                position);
        stop();
    }

    private void ipv4() {
        if (!has(20)) {
            return;
        }
        int start = position;
        int headerLength = (u8(start) & 0xf) * 4;
        if (u8(start) >> 4 != 4 || headerLength < 20) {
            unknown();
            return;
        }
        int totalLength = u16(start + 2);
        int fragment = u16(start + 6);
        int fragmentOffset = (fragment & 0x1fff) * 8;
        int protocol = u8(start + 9);
        visitor.layer(
                new Layer.Ipv4(
                        bytes(start + 12, 4),
                        bytes(start + 16, 4),
                        protocol,
                        totalLength,
                        u16(start + 4),
                        u8(start + 8),
                        u8(start + 1),
                        (fragment & 0x4000) != 0,
                        (fragment & 0x2000) != 0,
                        fragmentOffset,
                        u16(start + 10)),
                start);
        limit(start, totalLength, headerLength);
        position = start + headerLength;
        if (position > captured) {
            truncated = true;
            stop();
        } else {
            afterIp(false, protocol, fragmentOffset);
        }
    }

    private void ipv6() {
        if (!has(40)) {
            return;
        }
        int start = position;
        long word = u32(start);
        if (word >> 28 != 6) {
            unknown();
            return;
        }
        int payloadLength = u16(start + 4);
        if (payloadLength > 0) {
            limit(start, 40 + payloadLength, 40);
        }
        int protocol = u8(start + 6);
        long fragmentId = -1;
        boolean moreFragments = false;
        int fragmentOffset = 0;
        boolean cut = false;
        position = start + 40;
        while (isExtension(protocol) && fragmentOffset == 0) {
            // Every extension header has at least 8 bytes.
            if (position > Math.min(end, captured) - 8) {
                cut = true;
                break;
            }
            int length = (u8(position + 1) + 1) * 8;
            if (protocol == FRAGMENT) {
                length = 8;
                fragmentOffset = u16(position + 2) & 0xfff8;
                moreFragments = (u16(position + 2) & 1) != 0;
                fragmentId = u32(position + 4);
            } else if (protocol == AUTHENTICATION) {
                length = (u8(position + 1) + 2) * 4;
            }
            protocol = u8(position);
            position += length;
        }
        visitor.layer(
                new Layer.Ipv6(
                        bytes(start + 8, 16),
                        bytes(start + 24, 16),
                        protocol,
                        payloadLength,
                        (int) (word & 0xfffff),
                        u8(start + 7),
                        (int) (word >> 20) & 0xff,
                        fragmentId,
                        moreFragments,
                        fragmentOffset),
                start);
        if (cut) {
            number = protocol;
            has(8);
            stop();
        } else {
            afterIp(true, protocol, fragmentOffset);
        }
    }

    private static boolean isExtension(int protocol) {
        return switch (protocol) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION -> true;
            default -> false;
        };
    }

    private void afterIp(boolean v6, int protocol, int fragmentOffset) {
        inIpv6 = v6;
        if (fragmentOffset > 0 || (v6 && protocol == NO_NEXT_HEADER)) {
            stop();
        } else {
            then(Next.IP_PROTOCOL, protocol);
        }
    }

    private void ipProtocol() {
        switch (number) {
            case UDP -> udp();
            case TCP -> tcp();
            case ICMP, ICMPV6 -> {
                if (inIpv6 == (number == ICMPV6)) {
                    icmp();
                } else {
                    unknown();
                }
            }
            case IPV4_IN_IP -> then(Next.ETHERTYPE, ETH_IPV4);
            case IPV6_IN_IP -> then(Next.ETHERTYPE, ETH_IPV6);
            case GRE -> gre();
            case ESP -> esp();
            case AUTHENTICATION -> authentication();
            default -> unknown();
        }
    }

    private void tcp() {
        if (!has(20)) {
            return;
        }
        int headerLength = (u8(position + 12) >> 4) * 4;
        if (headerLength < 20) {
            unknown();
            return;
        }
        visitor.layer(
                new Layer.Tcp(
                        u16(position),
                        u16(position + 2),
                        u32(position + 4),
                        u32(position + 8),
                        u8(position + 13),
                        u16(position + 14),
                        headerLength,
                        u16(position + 16)),
                position);
        truncated = position + headerLength > captured;
        stop();
    }

    private void icmp() {
        if (!has(4)) {
            return;
        }
        int type = u8(position);
        boolean echo = inIpv6 ? type == 128 || type == 129 : type == 8 || type == 0;
        if (echo && !has(8)) {
            return;
        }
        visitor.layer(
                new Layer.Icmp(
                        inIpv6, type, u8(position + 1), echo ? u16(position + 4) : -1, echo ? u16(position + 6) : -1),
                position);
        stop();
    }

    private void esp() {
        if (!has(8)) {
            return;
        }
        visitor.layer(new Layer.Esp(u32(position), u32(position + 4)), position);
        stop();
    }

    private void authentication() {
        if (!has(8)) {
            return;
        }
        int protocol = u8(position);
        position += (u8(position + 1) + 2) * 4;
        then(Next.IP_PROTOCOL, protocol);
    }

    private void gre() {
        if (!has(4)) {
            return;
        }
        int flags = u16(position);
        boolean checksum = (flags & 0x8000) != 0;
        boolean routing = (flags & 0x4000) != 0;
        boolean key = (flags & 0x2000) != 0;
        boolean sequence = (flags & 0x1000) != 0;
        int protocol = u16(position + 2);
        int keyAt = position + (checksum || routing ? 8 : 4);
        int length = keyAt - position + (key ? 4 : 0) + (sequence ? 4 : 0);
        if (!has(length)) {
            return;
        }
        visitor.layer(new Layer.Gre(protocol, key ? u32(keyAt) : -1), position);
        position += length;
        then(Next.ETHERTYPE, protocol);
        // Version 1 is PPTP, with other fields; source routes (RFC 1701) went out of use.
        if ((flags & 7) != 0 || routing || protocol == 0) {
            unknown();
        }
    }

    private void udp() {
        if (!has(8)) {
            return;
        }
        int port = u16(position + 2);
        int length = u16(position + 4);
        visitor.layer(new Layer.Udp(u16(position), port, length, u16(position + 6)), position);
        limit(position, length, 8);
        position += 8;
        stop();
        if (position >= end) {
            return;
        }
        switch (port) {
            case PORT_VXLAN, PORT_VXLAN_LINUX -> vxlan();
            case PORT_GENEVE -> geneve();
            default -> {
                if (encapsulation && looksLikeVxlan()) {
                    vxlan();
                }
            }
        }
    }

    private boolean looksLikeVxlan() {
        int visible = Math.min(end, captured);
        if (position > visible - 22 || u32(position) != 0x08000000L || u8(position + 7) != 0) {
            return false;
        }
        int type = u16(position + 20);
        return type == ETH_IPV4 || type == ETH_IPV6 || type == ETH_ARP || isVlan(type);
    }

    private void vxlan() {
        number = PORT_VXLAN;
        if (!has(8)) {
            return;
        }
        // Without a valid VNI it is no VXLAN; with the next-protocol bit it is VXLAN-GPE, which may hold anything.
        if ((u8(position) & 0x0c) != 0x08) {
            return;
        }
        visitor.layer(new Layer.Vxlan((int) (u32(position + 4) >> 8)), position);
        position += 8;
        then(Next.ETHERNET, ETH_TEB);
    }

    private void geneve() {
        number = PORT_GENEVE;
        if (!has(8) || u8(position) >> 6 != 0) {
            return;
        }
        int length = 8 + (u8(position) & 0x3f) * 4;
        int protocol = u16(position + 2);
        visitor.layer(new Layer.Geneve((int) (u32(position + 4) >> 8), protocol), position);
        position += length;
        then(Next.ETHERTYPE, protocol);
        if (protocol == 0) {
            unknown();
        } else if (position > captured) {
            truncated = true;
            stop();
        }
    }

    private int u8(int at) {
        return Byte.toUnsignedInt(buffer.get(offset + at));
    }

    private int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    private long u32(int at) {
        return (long) u16(at) << 16 | u16(at + 2);
    }

    private byte[] bytes(int at, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = buffer.get(offset + at + i);
        }
        return bytes;
    }
}

package traitrace.event;

/** One protocol header. Numbers are in host byte order; addresses are as on the wire. */
public sealed interface Layer {

    /** MAC addresses have 6 bytes. */
    record Ethernet(byte[] source, byte[] destination, int etherType) implements Layer {}

    /** @param tci priority (3 bits), drop eligible (1), VLAN id (12) */
    record Vlan(int tci, int etherType) implements Layer {}

    /** ARP for IPv4 over Ethernet. */
    record Arp(int operation, byte[] senderMac, byte[] senderIp, byte[] targetMac, byte[] targetIp) implements Layer {}

    /** @param fragmentOffset in bytes */
    record Ipv4(
            byte[] source,
            byte[] destination,
            int protocol,
            int totalLength,
            int id,
            int ttl,
            int tos,
            boolean dontFragment,
            boolean moreFragments,
            int fragmentOffset,
            int checksum)
            implements Layer {}

    /**
     * @param protocol of what follows the extension headers that were walked
     * @param fragmentId -1 if there is no fragment header
     * @param fragmentOffset in bytes
     */
    record Ipv6(
            byte[] source,
            byte[] destination,
            int protocol,
            int payloadLength,
            int flowLabel,
            int hopLimit,
            int trafficClass,
            long fragmentId,
            boolean moreFragments,
            int fragmentOffset)
            implements Layer {}

    record Udp(int sourcePort, int destinationPort, int length, int checksum) implements Layer {}

    /**
     * @param sequence 0 to 2^32-1
     * @param acknowledgement 0 to 2^32-1
     * @param flags FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128
     * @param headerLength bytes, options included
     */
    record Tcp(
            int sourcePort,
            int destinationPort,
            long sequence,
            long acknowledgement,
            int flags,
            int window,
            int headerLength,
            int checksum)
            implements Layer {}

    /** @param id and {@code sequence} of an echo; -1 otherwise */
    record Icmp(boolean v6, int type, int code, int id, int sequence) implements Layer {}

    record Vxlan(int vni) implements Layer {}

    record Geneve(int vni, int protocol) implements Layer {}

    /** @param key -1 if there is none */
    record Gre(int protocol, long key) implements Layer {}

    record Esp(long spi, long sequence) implements Layer {}

    /** What stood there but is not understood, by the number that named it. */
    record Unknown(int protocol) implements Layer {}
}

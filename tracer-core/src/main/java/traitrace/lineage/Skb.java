package traitrace.lineage;

/**
 * One incarnation of a {@code struct sk_buff} while its packet is followed. Mutable, owned by {@link Lineage}; holds
 * what rules about the packet's further way need, not its story.
 */
final class Skb {
    final long id;
    Packet packet;
    /** Of the next event expected. */
    int counter;
    /** Its end was not seen yet. */
    boolean open = true;
    /** Came into this namespace by a device, and was not sent in it before. */
    boolean received;
    /** Was sent in this namespace. */
    boolean sent;
    /** Reached a socket. */
    boolean atSocket;

    long time;
    int hook;
    long netns;
    int ifindex;

    /** The fields of the last fingerprint that rules ask for. */
    boolean tcp;

    boolean udp;
    int protocol;
    long flow;
    long whole;
    long sequence;
    int sequenceLength;
    int payloadLength;
    int udpLength;
    long ipId;
    /** Addresses, protocol and IP id: what the fragments of a datagram share; 0 = it is none and becomes none. */
    long datagram;

    int gsoSize;
    int gsoSegs;

    Skb(long id, Packet packet) {
        this.id = id;
        this.packet = packet;
    }

    void remember(Fingerprint print, int gsoSize, int gsoSegs) {
        tcp = print.isTcp();
        udp = print.isUdp();
        protocol = print.protocol;
        flow = print.flow;
        whole = print.whole();
        sequence = print.sequence;
        sequenceLength = print.sequenceLength();
        payloadLength = print.payloadLength;
        udpLength = print.udpLength;
        ipId = print.id;
        datagram = print.datagram();
        this.gsoSize = gsoSize;
        this.gsoSegs = gsoSegs;
    }

    /** The sequence number behind its last. */
    long sequenceEnd() {
        return sequence + sequenceLength & 0xffffffffL;
    }
}

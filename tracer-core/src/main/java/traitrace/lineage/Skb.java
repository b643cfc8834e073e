package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;

/**
 * One incarnation of a {@code struct sk_buff} while its packet is followed. Mutable, owned by {@link Lineage}; holds
 * what rules about the packet's further way need, not its story.
 */
final class Skb {
    /** GRO, the backlog and the receive queue merge one after another. */
    private static final int MOST_MERGES = 16;

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
    /** Address of the UDP socket in whose queue it was told to be; 0 = in none. */
    long queue;
    /** Stands in TCP's send queue: what goes out are its clones, and it has no headers. */
    boolean sendQueue;
    /** The one of TCP's send queue that it is a clone of; null = it is none. */
    Skb from;
    /** Sent by TCP of this host. */
    boolean sentByTcp;
    /** Its sequence numbers were taken by a TCP socket. */
    boolean accepted;

    boolean dropped;
    /** A map of sockets had another socket send its bytes: no reader will come for it. */
    boolean redirected;
    /** Address of the socket that sent it; 0 = none, or not known. */
    long socket;
    /** As {@link #destination}, where that socket sent it: NAT comes later. */
    long sentTo;
    /** Was tied to what a process received. */
    boolean crossed;
    /** Id of its packet, whose story was told. */
    long toldAs;
    /** Ended in this skb, as the kernel told; null = it did not. */
    Skb into;
    /** Whoever reads that one reads its bytes: they are one packet's each, unlike those of fragments. */
    private boolean carried;
    /** The kernel told that they ended in this one, and their bytes are in it. */
    private List<Skb> members = List.of();

    long time;
    /** When this host's stack was last handed it, CLOCK_MONOTONIC, ns; 0 = it was not. */
    long arrived;

    int hook;
    long netns;
    int ifindex;

    /** The fields of the last fingerprint that rules ask for. */
    boolean tcp;

    boolean udp;
    int protocol;
    long flow;
    /** See {@link Fingerprint#source}. */
    long source;

    long destination;
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

    List<Skb> members() {
        return members;
    }

    /** Ends in another, and may still be read as a part of it if {@code withItsBytes}. */
    void endIn(Skb other, boolean withItsBytes) {
        leave();
        open = false;
        into = other;
        carried = withItsBytes;
        if (withItsBytes) {
            other.members = other.members.isEmpty() ? new ArrayList<>(2) : other.members;
            other.members.add(this);
        }
    }

    /** Is one of its own again: what was coalesced or reassembled was taken apart. */
    void leave() {
        if (into != null) {
            if (!into.members.isEmpty()) {
                into.members.remove(this);
            }
            into = null;
            open = true;
        }
    }

    /** Something may still happen to its bytes. */
    boolean alive() {
        Skb carrier = this;
        for (int depth = 0; carrier.into != null && carrier.carried && depth < MOST_MERGES; depth++) {
            carrier = carrier.into;
        }
        return carrier.open;
    }

    /**
     * A TCP socket took its data, or that of what it ended in: a reader may yet come for it, though all of them were
     * freed. TCP does so when it collapses a receive queue (net/ipv4/tcp_input.c).
     */
    boolean mayBeRead() {
        Skb carrier = this;
        boolean taken = waitsForReader();
        for (int depth = 0; carrier.into != null && carrier.carried && depth < MOST_MERGES; depth++) {
            carrier = carrier.into;
            taken |= carrier.waitsForReader();
        }
        return taken;
    }

    private boolean waitsForReader() {
        return accepted && !dropped && !redirected && payloadLength > 0;
    }

    /** Headers were seen, of this one or of what it was made from. */
    boolean known() {
        return flow != 0;
    }

    /** It was made from this one, and has its headers until others are seen. */
    void inherit(Skb parent) {
        tcp = parent.tcp;
        udp = parent.udp;
        protocol = parent.protocol;
        flow = parent.flow;
        source = parent.source;
        destination = parent.destination;
        whole = parent.whole;
        sequence = parent.sequence;
        sequenceLength = parent.sequenceLength;
        payloadLength = parent.payloadLength;
        udpLength = parent.udpLength;
        ipId = parent.ipId;
        datagram = parent.datagram;
        sentByTcp = parent.sentByTcp;
    }

    void remember(Fingerprint print, int gsoSize, int gsoSegs) {
        tcp = print.isTcp();
        udp = print.isUdp();
        protocol = print.protocol;
        flow = print.flow;
        source = print.source;
        destination = print.destination;
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

    /** As {@link #remember}, but of the bytes only its own, which it had before others were merged into it. */
    void rememberGrown(Fingerprint print, int gsoSize, int gsoSegs) {
        long ownSequence = sequence;
        int ownSequenceLength = sequenceLength;
        int ownPayloadLength = payloadLength;
        remember(print, gsoSize, gsoSegs);
        sequence = ownSequence;
        sequenceLength = ownSequenceLength;
        payloadLength = ownPayloadLength;
    }

    /** The sequence number behind its last. */
    long sequenceEnd() {
        return sequence + sequenceLength & 0xffffffffL;
    }
}

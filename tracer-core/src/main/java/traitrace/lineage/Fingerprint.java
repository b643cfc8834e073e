package traitrace.lineage;

import java.nio.ByteBuffer;
import traitrace.event.EventView;

/**
 * What identifies a packet among others: fields of its innermost IP header, read from a snapshot into primitives.
 *
 * <p>One instance is reused for every snapshot: nothing is allocated. It mirrors {@code probes/headers.h}, which keeps
 * the same fields as hashes for validation in the kernel.
 */
final class Fingerprint {
    private static final int MAX_TUNNELS = 3;

    /** An IP header was found. */
    boolean known;
    /** Addresses, ports and protocol, this direction; 64 bits, so that two flows do not meet. */
    long flow;
    /** Addresses and protocol only: what all fragments share. */
    long hosts;
    /** Address and port that it comes from, and that it goes to; in both directions the same for the same; 0 = unknown. */
    long source;

    long destination;

    int protocol;
    /** IPv4 id, or that of an IPv6 fragment header; 0 = none. */
    long id;

    boolean dontFragment;
    boolean moreFragments;
    /** Bytes. */
    int fragmentOffset;
    /** Bytes of the IP packet behind the transport header, or behind the IP header for later fragments. */
    int payloadLength;
    /** TCP only, 0 to 2^32-1. */
    long sequence;
    /** TCP only. */
    int tcpFlags;
    /** UDP: the length field of its header. */
    int udpLength;

    private ByteBuffer buffer;
    private int base;
    private int end;

    /** Reads a snapshot. Later fields are unset where the snapshot is too short for them. */
    void read(EventView event) {
        known = false;
        buffer = event.buffer();
        base = event.headerOffset();
        end = event.captured();
        int at = event.network();
        int type = event.protocol();
        while ((type == 0x8100 || type == 0x88a8) && at + 4 <= end) {
            type = u16(at + 2);
            at += 4;
        }
        for (int depth = 0; at >= 0 && depth <= MAX_TUNNELS; depth++) {
            at = readIp(at);
        }
    }

    boolean isFragment() {
        return known && (moreFragments || fragmentOffset > 0);
    }

    boolean isTcp() {
        return known && protocol == 6 && fragmentOffset == 0;
    }

    boolean isUdp() {
        return known && protocol == 17 && fragmentOffset == 0;
    }

    /** What the fragments of a datagram share; 0 = it is no fragment and will not be cut into some. */
    long datagram() {
        boolean mayBeCut = protocol != 6 && !dontFragment && id != 0;
        return isFragment() || mayBeCut ? mix(hosts, id) | 1 : 0;
    }

    /** Sequence numbers used: payload, and one each for SYN and FIN. */
    int sequenceLength() {
        return payloadLength + (tcpFlags & 1) + (tcpFlags >> 1 & 1);
    }

    /** Very likely different in any other packet of the flow. */
    boolean distinct() {
        return isTcp() || id != 0;
    }

    /** A hash of everything that routing does not change. */
    long whole() {
        long hash = mix(flow, id);
        hash = mix(hash, sequence);
        hash = mix(hash, payloadLength);
        return mix(hash, fragmentOffset);
    }

    static long mix(long hash, long word) {
        long mixed = (hash ^ word) * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 32;
    }

    /** Returns the offset of an IP header inside this one, or -1. */
    private int readIp(int at) {
        int version = at < end ? u8(at) >> 4 : 0;
        long hash;
        long from;
        long to;
        int l4;
        int next;
        int total;
        if (version == 4 && at + 20 <= end) {
            l4 = at + (u8(at) & 0xf) * 4;
            next = u8(at + 9);
            total = u16(at + 2) - (l4 - at);
            id = u16(at + 4);
            int word = u16(at + 6);
            dontFragment = (word & 0x4000) != 0;
            moreFragments = (word & 0x2000) != 0;
            fragmentOffset = (word & 0x1fff) * 8;
            hash = mix(mix(4, s32(at + 12)), s32(at + 16));
            from = mix(4, s32(at + 12));
            to = mix(4, s32(at + 16));
        } else if (version == 6 && at + 40 <= end) {
            l4 = at + 40;
            next = u8(at + 6);
            total = u16(at + 4);
            id = 0;
            dontFragment = true;
            moreFragments = false;
            fragmentOffset = 0;
            hash = 6;
            for (int i = 8; i < 40; i += 4) {
                hash = mix(hash, s32(at + i));
            }
            from = address6(at + 8);
            to = address6(at + 24);
            for (int i = 0; i < 4 && l4 + 8 <= end; i++) {
                if (next == 44) {
                    int word = u16(l4 + 2);
                    fragmentOffset = word & 0xfff8;
                    moreFragments = (word & 1) != 0;
                    id = s32(l4 + 4) & 0xffffffffL;
                    next = u8(l4);
                    l4 += 8;
                    total -= 8;
                } else if (next == 0 || next == 43 || next == 60) {
                    int length = (u8(l4 + 1) + 1) * 8;
                    next = u8(l4);
                    l4 += length;
                    total -= length;
                } else {
                    break;
                }
            }
        } else {
            return -1;
        }
        known = true;
        protocol = next;
        hosts = mix(hash, next);
        flow = hosts;
        source = from;
        destination = to;
        payloadLength = Math.max(0, total);
        sequence = 0;
        tcpFlags = 0;
        udpLength = 0;
        return fragmentOffset > 0 ? -1 : readTransport(l4, total);
    }

    private long address6(int at) {
        long hash = 6;
        for (int i = at; i < at + 16; i += 4) {
            hash = mix(hash, s32(i));
        }
        return hash;
    }

    private void ports(int at) {
        source = mix(source, u16(at));
        destination = mix(destination, u16(at + 2));
    }

    private int readTransport(int at, int total) {
        switch (protocol) {
            case 6 -> {
                if (at + 20 <= end) {
                    flow = mix(hosts, s32(at));
                    ports(at);
                    sequence = s32(at + 4) & 0xffffffffL;
                    tcpFlags = u8(at + 13);
                    payloadLength = Math.max(0, total - (u8(at + 12) >> 4) * 4);
                }
            }
            case 17 -> {
                if (at + 8 <= end) {
                    flow = mix(hosts, s32(at));
                    ports(at);
                    udpLength = u16(at + 4);
                    payloadLength = Math.max(0, total - 8);
                    int port = u16(at + 2);
                    if (port == 4789 || port == 8472) {
                        return inner(at + 8 + 8 + 14);
                    }
                    if (port == 6081 && at + 9 <= end) {
                        return inner(at + 8 + 8 + (u8(at + 8) & 0x3f) * 4 + 14);
                    }
                }
            }
            case 1, 58 -> {
                if (at + 8 <= end) {
                    // An echo's id is its port; the sequence number tells one from the next.
                    flow = mix(mix(hosts, u16(at)), u16(at + 4));
                    sequence = u16(at + 6);
                    payloadLength = Math.max(0, total - 8);
                }
            }
            case 47 -> {
                if (at + 4 <= end) {
                    int flags = u16(at);
                    int type = u16(at + 2);
                    int next = at + 4 + (flags >> 13 & 4) + (flags >> 11 & 4) + (flags >> 10 & 4);
                    if (type == 0x6558) {
                        return inner(next + 14);
                    }
                    return type == 0x0800 || type == 0x86dd ? inner(next) : -1;
                }
            }
            case 4, 41 -> {
                return inner(at);
            }
            default -> {
                return -1;
            }
        }
        return -1;
    }

    private int inner(int at) {
        return at + 20 <= end ? at : -1;
    }

    private int u8(int at) {
        return Byte.toUnsignedInt(buffer.get(base + at));
    }

    private int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    private int s32(int at) {
        return u16(at) << 16 | u16(at + 2);
    }
}

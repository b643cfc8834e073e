package traitrace.event;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Builds packets byte by byte, from the inside out: each function puts one header before what it carries. */
public final class PacketBytes {
    public static final String MAC_A = "02:00:00:00:00:01";
    public static final String MAC_B = "02:00:00:00:00:02";

    private PacketBytes() {}

    /** Numbers below 0 and above 255 are cut to a byte. */
    public static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    public static byte[] text(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + i % 26);
        }
        return bytes;
    }

    public static byte[] u16(int value) {
        return bytes(value >> 8, value);
    }

    public static byte[] u32(long value) {
        return bytes((int) (value >> 24), (int) (value >> 16), (int) (value >> 8), (int) value);
    }

    public static byte[] mac(String text) {
        byte[] bytes = new byte[6];
        for (int i = 0; i < 6; i++) {
            bytes[i] = (byte) Integer.parseInt(text.substring(3 * i, 3 * i + 2), 16);
        }
        return bytes;
    }

    /** Of a literal address: nothing is looked up. */
    public static byte[] ip(String literal) {
        try {
            return InetAddress.getByName(literal).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }

    public static byte[] ethernet(int etherType, byte[] payload) {
        return join(mac(MAC_B), mac(MAC_A), u16(etherType), payload);
    }

    public static byte[] vlan(int tci, int etherType, byte[] payload) {
        return join(u16(tci), u16(etherType), payload);
    }

    public static byte[] arp(int operation, String sender, String target) {
        return join(u16(1), u16(0x0800), bytes(6, 4), u16(operation), mac(MAC_A), ip(sender), new byte[6], ip(target));
    }

    public static byte[] ipv4(String source, String destination, int protocol, byte[] payload) {
        return ipv4(source, destination, protocol, 64, 7, 0x4000, new byte[0], payload);
    }

    /** @param fragment the flags and the offset in units of 8 bytes, as they are on the wire */
    public static byte[] ipv4(
            String source,
            String destination,
            int protocol,
            int ttl,
            int id,
            int fragment,
            byte[] options,
            byte[] payload) {
        int headerLength = 20 + options.length;
        return join(
                bytes(0x40 | headerLength / 4, 0),
                u16(headerLength + payload.length),
                u16(id),
                u16(fragment),
                bytes(ttl, protocol),
                u16(0xbeef),
                ip(source),
                ip(destination),
                options,
                payload);
    }

    public static byte[] ipv6(String source, String destination, int nextHeader, byte[] payload) {
        return join(u32(0x60012345L), u16(payload.length), bytes(nextHeader, 63), ip(source), ip(destination), payload);
    }

    /** @param units8 length beyond the first 8 bytes, in units of 8 */
    public static byte[] extension(int nextHeader, int units8, byte[] payload) {
        return join(bytes(nextHeader, units8), new byte[6 + 8 * units8], payload);
    }

    public static byte[] fragment6(int nextHeader, int offset, boolean more, long id, byte[] payload) {
        return join(bytes(nextHeader, 0), u16(offset | (more ? 1 : 0)), u32(id), payload);
    }

    public static byte[] authentication(int nextHeader, byte[] payload) {
        return join(bytes(nextHeader, 4, 0, 0), u32(0x100), u32(1), new byte[12], payload);
    }

    public static byte[] udp(int source, int destination, byte[] payload) {
        return join(u16(source), u16(destination), u16(8 + payload.length), u16(0x1234), payload);
    }

    public static byte[] tcp(int source, int destination, int flags, byte[] options, byte[] payload) {
        return join(
                u16(source),
                u16(destination),
                u32(0xfffffff0L),
                u32(0x80000001L),
                bytes((20 + options.length) / 4 << 4, flags),
                u16(64240),
                u16(0xabcd),
                u16(0),
                options,
                payload);
    }

    public static byte[] icmp(int type, int code, int id, int sequence) {
        return join(bytes(type, code), u16(0), u16(id), u16(sequence), text(8));
    }

    public static byte[] vxlan(int vni, byte[] frame) {
        return join(bytes(8, 0, 0, 0), u32((long) vni << 8), frame);
    }

    public static byte[] geneve(int vni, int protocol, int options4, byte[] payload) {
        return join(bytes(options4, 0), u16(protocol), u32((long) vni << 8), new byte[4 * options4], payload);
    }

    /** @param fields checksum, key and sequence number, as the flags say */
    public static byte[] gre(int flags, int protocol, byte[] fields, byte[] payload) {
        return join(u16(flags), u16(protocol), fields, payload);
    }
}

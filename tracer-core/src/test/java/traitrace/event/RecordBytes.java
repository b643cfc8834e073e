package traitrace.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Builds records of the event ABI for tests, one after another, as a probe would write them. */
public final class RecordBytes {
    private final ByteBuffer bytes = ByteBuffer.allocate(EventLayout.MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private int length = EventLayout.EVENT_BYTES;

    private RecordBytes(int kind) {
        bytes.put(EventLayout.KIND, (byte) kind);
    }

    public static RecordBytes event(Hook hook, long time, long packet, long skb, int counter) {
        RecordBytes record = new RecordBytes(EventLayout.KIND_EVENT);
        record.ids(time, packet, skb);
        record.bytes.putShort(EventLayout.COUNTER, (short) counter);
        record.bytes.putShort(EventLayout.HOOK, (short) hook.id());
        return record.flag(counter == 0 ? EventLayout.FLAG_FIRST : 0);
    }

    /** @param kind and {@code evidence} ordinals of the enums in traitrace.lineage */
    public static RecordBytes edge(long time, long packet, long parent, long child, int kind, int evidence) {
        RecordBytes record = new RecordBytes(EventLayout.KIND_EDGE);
        record.ids(time, packet, child);
        record.bytes.putShort(EventLayout.HOOK, (short) kind);
        record.bytes.put(EventLayout.FLAGS, (byte) evidence);
        return record.arg(parent);
    }

    /** @param addresses low halves of return addresses, innermost first, at most four */
    public RecordBytes callers(long... addresses) {
        for (int i = 0; i < addresses.length; i++) {
            bytes.putInt(EventLayout.EDGE_CALLERS + i * Integer.BYTES, (int) addresses[i]);
        }
        return this;
    }

    public static RecordBytes gone(long time, long packet, long skb) {
        RecordBytes record = new RecordBytes(EventLayout.KIND_GONE);
        record.ids(time, packet, skb);
        return record;
    }

    /**
     * A socket sends what another one received.
     *
     * @param from sequence number of the first byte as it was received
     * @param to likewise as it is sent
     * @param evidence ordinal of the enum in traitrace.lineage
     */
    public static RecordBytes redirect(
            long time, long packet, long skb, long socket, long from, long to, int bytes, int evidence) {
        RecordBytes record = new RecordBytes(EventLayout.KIND_REDIRECT);
        record.ids(time, packet, skb);
        record.bytes.putLong(EventLayout.REDIRECT_SOCKET, socket);
        record.bytes.putInt(EventLayout.REDIRECT_SEQ, (int) to);
        record.bytes.putInt(EventLayout.REDIRECT_COUNT, bytes);
        record.bytes.putInt(EventLayout.REDIRECT_FROM, (int) from);
        record.bytes.put(EventLayout.REDIRECT_EVIDENCE, (byte) evidence);
        return record;
    }

    public static RecordBytes receive(long time, long socket, long nextSkb, int bytesTaken, int flags) {
        RecordBytes record = new RecordBytes(EventLayout.KIND_TRANSFER);
        record.length = EventLayout.TRANSFER_BYTES;
        record.bytes.putLong(EventLayout.TIME, time);
        record.bytes.putLong(EventLayout.TRANSFER_SOCKET, socket);
        record.bytes.putLong(EventLayout.TRANSFER_NEXT, nextSkb);
        record.pid(4242);
        record.hook(Hook.SOCK_RECV_LENGTH.id());
        record.bytes.putInt(EventLayout.TRANSFER_TID, 4242);
        record.bytes.putInt(EventLayout.TRANSFER_COUNT, bytesTaken);
        record.bytes.putInt(EventLayout.TRANSFER_FD, -1);
        record.bytes.putInt(EventLayout.TRANSFER_MESSAGE, flags);
        record.bytes.put(EventLayout.TRANSFER_PROTOCOL, (byte) 17);
        return record;
    }

    /** Of a receive: nothing is left in the queue. */
    public RecordBytes emptied() {
        bytes.putShort(EventLayout.TRANSFER_FLAGS, (short) EventLayout.TRANSFER_EMPTIED);
        return this;
    }

    private void ids(long time, long packet, long skb) {
        bytes.putLong(EventLayout.TIME, time);
        bytes.putLong(EventLayout.PACKET_ID, packet);
        bytes.putLong(EventLayout.SKB_ID, skb);
    }

    public RecordBytes at(long netns, int ifindex) {
        bytes.putInt(EventLayout.NETNS, (int) netns);
        bytes.putInt(EventLayout.IFINDEX, ifindex);
        return this;
    }

    public RecordBytes arg(long arg) {
        bytes.putLong(EventLayout.ARG, arg);
        return this;
    }

    public RecordBytes pid(int pid) {
        bytes.putInt(EventLayout.PID, pid);
        return this;
    }

    /** Any kind, whatever the rest of the record is. */
    public RecordBytes kind(int kind) {
        bytes.put(EventLayout.KIND, (byte) kind);
        return this;
    }

    /** Any number, that of a hook or not. */
    public RecordBytes hook(int hook) {
        bytes.putShort(EventLayout.HOOK, (short) hook);
        return this;
    }

    public RecordBytes mark(int mark) {
        bytes.putInt(EventLayout.MARK, mark);
        return this;
    }

    public RecordBytes protocol(int etherType) {
        bytes.putShort(EventLayout.PROTOCOL, (short) etherType);
        return this;
    }

    public RecordBytes flag(int flag) {
        bytes.put(EventLayout.FLAGS, (byte) (bytes.get(EventLayout.FLAGS) | flag));
        return this;
    }

    /** A snapshot that begins with the network header. */
    public RecordBytes ip(byte[] headers) {
        return snapshot(0, headers);
    }

    public RecordBytes snapshot(int network, byte[] headers) {
        flag(EventLayout.FLAG_SNAPSHOT);
        int captured = Math.min(headers.length, EventLayout.SNAPSHOT_DATA_BYTES);
        int at = EventLayout.EVENT_BYTES;
        bytes.putShort(at + EventLayout.SNAPSHOT_CAPTURED, (short) captured);
        bytes.putShort(at + EventLayout.SNAPSHOT_NETWORK, (short) network);
        bytes.put(at + EventLayout.SNAPSHOT_DATA, headers, 0, captured);
        int version = headers.length > network ? headers[network] >> 4 & 0xf : 4;
        bytes.putShort(EventLayout.PROTOCOL, (short) (version == 6 ? 0x86dd : 0x0800));
        length = EventLayout.PICTURED_BYTES;
        return this;
    }

    public RecordBytes gso(int size, int segments) {
        bytes.putShort(EventLayout.EVENT_BYTES + EventLayout.SNAPSHOT_GSO_SIZE, (short) size);
        bytes.putShort(EventLayout.EVENT_BYTES + EventLayout.SNAPSHOT_GSO_SEGS, (short) segments);
        return this;
    }

    public ByteBuffer buffer() {
        return bytes;
    }

    public EventView view() {
        return new EventView().wrap(bytes, 0, length);
    }

    /** An IPv4 header and a UDP header: the payload is announced, not there. */
    public static byte[] udp(int source, int destination, int port, int id, int payload) {
        ByteBuffer packet = ipv4(source, destination, 17, id, 0, 28 + payload, 8);
        packet.putShort((short) 40000).putShort((short) port).putShort((short) (8 + payload));
        return packet.array();
    }

    /** @param flags FIN 1, SYN 2, ACK 16 */
    public static byte[] tcp(int source, int destination, int port, int id, long sequence, int flags, int payload) {
        ByteBuffer packet = ipv4(source, destination, 6, id, 0, 40 + payload, 20);
        packet.putShort((short) 40000).putShort((short) port);
        packet.putInt((int) sequence).putInt(1).put((byte) 0x50).put((byte) flags);
        return packet.array();
    }

    /** @param offset in units of 8 bytes; 0x2000 = more fragments */
    public static byte[] fragment(int source, int destination, int id, int offset, int payload) {
        return ipv4(source, destination, 17, id, offset, 20 + payload, 20).array();
    }

    private static ByteBuffer ipv4(
            int source, int destination, int protocol, int id, int offset, int total, int transport) {
        ByteBuffer packet = ByteBuffer.allocate(20 + transport);
        packet.put((byte) 0x45).put((byte) 0).putShort((short) total).putShort((short) id);
        packet.putShort((short) (offset == 0 && protocol == 6 ? 0x4000 : offset));
        packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
        return packet.putInt(source).putInt(destination);
    }
}

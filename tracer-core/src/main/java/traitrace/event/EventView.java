package traitrace.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One record of the event ABI where it lies, without a copy: valid until the caller of {@link EventSink#accept} goes on.
 *
 * <p>The buffer must be little-endian and hold at least {@link EventLayout#EVENT_BYTES} from the offset; reading a field
 * of another kind of record gives that record's bytes at that place.
 */
public final class EventView {
    private ByteBuffer buffer;
    private int offset;
    private int length;

    /** Points this view at a record of {@code length} bytes and returns it. */
    public EventView wrap(ByteBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        return this;
    }

    /**
     * Whether the record is as long as its kind and flags say. Everything else may be called only if it is.
     */
    public boolean wellFormed() {
        if (length < EventLayout.EVENT_BYTES) {
            return false;
        }
        if (isTransfer()) {
            return length >= EventLayout.TRANSFER_BYTES
                    && Byte.toUnsignedInt(buffer.get(offset + EventLayout.TRANSFER_PARTS)) <= EventLayout.MAX_PARTS;
        }
        return !hasSnapshot()
                || (length >= EventLayout.PICTURED_BYTES && captured() <= EventLayout.SNAPSHOT_DATA_BYTES);
    }

    /** How long a record of this kind and these flags is, bytes. */
    public int recordBytes() {
        if (isTransfer()) {
            return EventLayout.TRANSFER_BYTES;
        }
        return hasSnapshot() ? EventLayout.PICTURED_BYTES : EventLayout.EVENT_BYTES;
    }

    /** Whether it is to be read with {@link Transfer#of}. */
    public boolean isTransfer() {
        return kind() == EventLayout.KIND_TRANSFER;
    }

    /** A view of a copy of this record, which stays valid. */
    public EventView copy() {
        byte[] bytes = new byte[length];
        buffer.get(offset, bytes);
        return new EventView().wrap(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 0, length);
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int offset() {
        return offset;
    }

    /** Of the whole record, snapshot included, in bytes. */
    public int length() {
        return length;
    }

    /** CLOCK_MONOTONIC, ns. */
    public long time() {
        return buffer.getLong(offset + EventLayout.TIME);
    }

    public long packetId() {
        return buffer.getLong(offset + EventLayout.PACKET_ID);
    }

    public long skbId() {
        return buffer.getLong(offset + EventLayout.SKB_ID);
    }

    public long arg() {
        return buffer.getLong(offset + EventLayout.ARG);
    }

    /** Inode number of the network namespace, 0 to 2^32-1. */
    public long netns() {
        return Integer.toUnsignedLong(buffer.getInt(offset + EventLayout.NETNS));
    }

    public int ifindex() {
        return buffer.getInt(offset + EventLayout.IFINDEX);
    }

    /** skb->len, 0 to 2^32-1. */
    public long len() {
        return Integer.toUnsignedLong(buffer.getInt(offset + EventLayout.LEN));
    }

    public int mark() {
        return buffer.getInt(offset + EventLayout.MARK);
    }

    public int pid() {
        return buffer.getInt(offset + EventLayout.PID);
    }

    /** 0 to 65,535, wraps. */
    public int counter() {
        return Short.toUnsignedInt(buffer.getShort(offset + EventLayout.COUNTER));
    }

    /** See {@link Hook#byId}; for an edge record, the kind of edge. */
    public int hook() {
        return Short.toUnsignedInt(buffer.getShort(offset + EventLayout.HOOK));
    }

    /** An Ethertype. */
    public int protocol() {
        return Short.toUnsignedInt(buffer.getShort(offset + EventLayout.PROTOCOL));
    }

    public int cpu() {
        return Short.toUnsignedInt(buffer.getShort(offset + EventLayout.CPU));
    }

    /** One of {@code EventLayout.KIND_*}, or unknown to this version. */
    public int kind() {
        return Byte.toUnsignedInt(buffer.get(offset + EventLayout.KIND));
    }

    /** A set of {@code EventLayout.FLAG_*}; for an edge or redirect record, the evidence. */
    public int flags() {
        return Byte.toUnsignedInt(buffer.get(offset + EventLayout.FLAGS));
    }

    public boolean has(int flag) {
        return (flags() & flag) != 0;
    }

    public boolean hasSnapshot() {
        return kind() == EventLayout.KIND_EVENT && has(EventLayout.FLAG_SNAPSHOT);
    }

    /** Of an edge record: the skb id of the parent. */
    public long parent() {
        return buffer.getLong(offset + EventLayout.EDGE_PARENT);
    }

    /**
     * Of an edge record: the low half of a return address, 0 to 2^32-1; 0 = not recorded.
     *
     * @param depth 0, the innermost, to {@link EventLayout#EDGE_CALLER_COUNT} - 1
     */
    public long caller(int depth) {
        return Integer.toUnsignedLong(buffer.getInt(offset + EventLayout.EDGE_CALLERS + depth * Integer.BYTES));
    }

    /** Of a coalesce edge: where in the child's payload the parent's begins, bytes, 0 to 2^32-1. */
    public long edgeOffset() {
        return Integer.toUnsignedLong(buffer.getInt(offset + EventLayout.EDGE_OFFSET));
    }

    /** Of a redirect record: the first sequence number of the bytes as they are sent, 0 to 2^32-1. */
    public long redirectedTo() {
        return Integer.toUnsignedLong(buffer.getInt(offset + EventLayout.REDIRECT_SEQ));
    }

    /** Of a redirect record: the first sequence number of the bytes as they were received, 0 to 2^32-1. */
    public long redirectedFrom() {
        return Integer.toUnsignedLong(buffer.getInt(offset + EventLayout.REDIRECT_FROM));
    }

    /** Header bytes in the snapshot. Only if there is one. */
    public int captured() {
        return snapshotShort(EventLayout.SNAPSHOT_CAPTURED);
    }

    /** Offset of the network header in the snapshot's bytes. */
    public int network() {
        return snapshotShort(EventLayout.SNAPSHOT_NETWORK);
    }

    public int gsoSize() {
        return snapshotShort(EventLayout.SNAPSHOT_GSO_SIZE);
    }

    public int gsoSegs() {
        return snapshotShort(EventLayout.SNAPSHOT_GSO_SEGS);
    }

    /** -1 if there is no hardware-accelerated tag. */
    public int vlanTci() {
        return snapshotByte(EventLayout.SNAPSHOT_VLAN_PRESENT) == 0 ? -1 : snapshotShort(EventLayout.SNAPSHOT_VLAN_TCI);
    }

    /** skb->ip_summed. */
    public int checksum() {
        return snapshotByte(EventLayout.SNAPSHOT_IP_SUMMED);
    }

    public int packetType() {
        return snapshotByte(EventLayout.SNAPSHOT_PKT_TYPE);
    }

    /** Where the snapshot's header bytes begin in {@link #buffer}. */
    public int headerOffset() {
        return offset + EventLayout.EVENT_BYTES + EventLayout.SNAPSHOT_DATA;
    }

    /** The name in a device or task record, any bytes up to the NUL, as ISO 8859-1: not yet fit to be shown. */
    public String rawName() {
        byte[] bytes = new byte[EventLayout.NAME_BYTES];
        int n = 0;
        while (n < bytes.length) {
            byte b = buffer.get(offset + EventLayout.NAME + n);
            if (b == 0) {
                break;
            }
            bytes[n++] = b;
        }
        return new String(bytes, 0, n, StandardCharsets.ISO_8859_1);
    }

    private int snapshotShort(int at) {
        return Short.toUnsignedInt(buffer.getShort(offset + EventLayout.EVENT_BYTES + at));
    }

    private int snapshotByte(int at) {
        return Byte.toUnsignedInt(buffer.get(offset + EventLayout.EVENT_BYTES + at));
    }
}

package traitrace.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** An event with a snapshot, as the probes write it. */
public record SnapshotEvent(
        byte[] bytes,
        int captured,
        int network,
        int protocol,
        long length,
        int vlanTci,
        int gsoSize,
        int gsoSegs,
        int checksum,
        boolean encapsulation) {
    /** From L2 on: the network header is at 14. */
    public static SnapshotEvent frame(byte[] bytes) {
        int etherType = bytes.length < 14 ? 0 : Byte.toUnsignedInt(bytes[12]) << 8 | Byte.toUnsignedInt(bytes[13]);
        return of(bytes, 14, etherType);
    }

    /** From the network header on. */
    public static SnapshotEvent packet(int protocol, byte[] bytes) {
        return of(bytes, 0, protocol);
    }

    public static SnapshotEvent of(byte[] bytes, int network, int protocol) {
        int captured = Math.min(bytes.length, EventLayout.SNAPSHOT_DATA_BYTES);
        return new SnapshotEvent(bytes, captured, network, protocol, bytes.length, -1, 0, 0, 0, false);
    }

    public SnapshotEvent withVlan(int tci) {
        return new SnapshotEvent(
                bytes, captured, network, protocol, length, tci, gsoSize, gsoSegs, checksum, encapsulation);
    }

    public SnapshotEvent withGso(int size, int segs) {
        return new SnapshotEvent(
                bytes, captured, network, protocol, length, vlanTci, size, segs, checksum, encapsulation);
    }

    public SnapshotEvent withChecksum(int ipSummed) {
        return new SnapshotEvent(
                bytes, captured, network, protocol, length, vlanTci, gsoSize, gsoSegs, ipSummed, encapsulation);
    }

    public SnapshotEvent withLength(long bytesOnWire) {
        return new SnapshotEvent(
                bytes, captured, network, protocol, bytesOnWire, vlanTci, gsoSize, gsoSegs, checksum, encapsulation);
    }

    public SnapshotEvent encapsulated() {
        return new SnapshotEvent(bytes, captured, network, protocol, length, vlanTci, gsoSize, gsoSegs, checksum, true);
    }

    public SnapshotEvent cutTo(int newCaptured) {
        return new SnapshotEvent(
                bytes, newCaptured, network, protocol, length, vlanTci, gsoSize, gsoSegs, checksum, encapsulation);
    }

    /** Not at offset 0, and with bytes after it that are not the packet's. */
    public EventView view() {
        int at = 8;
        ByteBuffer buffer =
                ByteBuffer.allocate(at + EventLayout.PICTURED_BYTES + 8).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.fill(buffer.array(), (byte) 0xee);
        buffer.putInt(at + EventLayout.LEN, (int) length);
        buffer.putShort(at + EventLayout.PROTOCOL, (short) protocol);
        buffer.put(at + EventLayout.KIND, (byte) EventLayout.KIND_EVENT);
        buffer.put(at + EventLayout.FLAGS, (byte) EventLayout.FLAG_SNAPSHOT);
        int snapshot = at + EventLayout.EVENT_BYTES;
        buffer.putShort(snapshot + EventLayout.SNAPSHOT_CAPTURED, (short) captured);
        buffer.putShort(snapshot + EventLayout.SNAPSHOT_NETWORK, (short) network);
        buffer.putShort(snapshot + EventLayout.SNAPSHOT_GSO_SIZE, (short) gsoSize);
        buffer.putShort(snapshot + EventLayout.SNAPSHOT_GSO_SEGS, (short) gsoSegs);
        buffer.putShort(snapshot + EventLayout.SNAPSHOT_VLAN_TCI, (short) vlanTci);
        buffer.put(snapshot + EventLayout.SNAPSHOT_VLAN_PRESENT, (byte) (vlanTci < 0 ? 0 : 1));
        buffer.put(snapshot + EventLayout.SNAPSHOT_IP_SUMMED, (byte) checksum);
        buffer.put(snapshot + EventLayout.SNAPSHOT_PKT_TYPE, (byte) 4);
        buffer.put(snapshot + EventLayout.SNAPSHOT_ENCAPSULATION, (byte) (encapsulation ? 1 : 0));
        int copied = Math.min(bytes.length, EventLayout.SNAPSHOT_DATA_BYTES);
        System.arraycopy(bytes, 0, buffer.array(), snapshot + EventLayout.SNAPSHOT_DATA, copied);
        return new EventView().wrap(buffer, at, EventLayout.PICTURED_BYTES);
    }

    public Headers parse() {
        return HeaderParser.parse(view());
    }
}

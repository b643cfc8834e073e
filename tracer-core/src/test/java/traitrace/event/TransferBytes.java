package traitrace.event;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Builds transfer records for tests, and the hashes of their parts from real bytes. */
public final class TransferBytes {
    private TransferBytes() {}

    /** Bytes in memory, hashed as a probe would, if by another function. */
    public static Transfer.Part part(long address, byte[] bytes) {
        int length = bytes.length;
        boolean dull = length > 0 && allAlike(Arrays.copyOf(bytes, Math.min(length, Transfer.Part.EDGE_BYTES)));
        return new Transfer.Part(
                address,
                length,
                true,
                dull,
                hash(bytes, 0, Math.min(length, Transfer.Part.EDGE_BYTES)),
                hash(bytes, Math.max(0, length - Transfer.Part.EDGE_BYTES), length),
                hash(bytes, 0, Math.min(length, Transfer.Part.WHOLE_BYTES)));
    }

    /** The memory could not be read. */
    public static Transfer.Part unread(long address, int length) {
        return new Transfer.Part(address, length, false, false, 0, 0, 0);
    }

    private static boolean allAlike(byte[] bytes) {
        for (byte b : bytes) {
            if (b != bytes[0]) {
                return false;
            }
        }
        return true;
    }

    private static long hash(byte[] bytes, int from, int to) {
        return LongStream.range(from, to)
                .map(i -> bytes[(int) i])
                .reduce(to - from, (h, b) -> (h + b) * 0x9e3779b97f4a7c15L);
    }

    public static RecordBytes record(Transfer transfer) {
        RecordBytes record = RecordBytes.receive(
                transfer.timeNs(), transfer.socket(), transfer.next(), transfer.bytes(), transfer.message());
        var bytes = record.buffer();
        record.pid(transfer.pid());
        record.hook(transfer.sent() ? Hook.SOCK_SEND_LENGTH.id() : Hook.SOCK_RECV_LENGTH.id());
        record.at(transfer.netns(), 0);
        bytes.putInt(EventLayout.TRANSFER_FD, transfer.fd());
        bytes.putInt(EventLayout.TRANSFER_TID, transfer.tid());
        bytes.putLong(EventLayout.TRANSFER_COOKIE, transfer.cookie());
        bytes.putLong(EventLayout.TRANSFER_PIPE, transfer.pipe());
        bytes.putInt(EventLayout.TRANSFER_SEQ, (int) transfer.seq());
        bytes.put(EventLayout.TRANSFER_PROTOCOL, (byte) transfer.protocol());
        bytes.put(EventLayout.TRANSFER_FAMILY, (byte) transfer.family());
        bytes.putShort(EventLayout.TRANSFER_CALL, (short) transfer.call().ordinal());
        bytes.putShort(EventLayout.TRANSFER_FLAGS, (short) ((transfer.stream() ? EventLayout.TRANSFER_STREAM : 0)
                | (transfer.emptied() ? EventLayout.TRANSFER_EMPTIED : 0)
                | (transfer.uring() ? EventLayout.TRANSFER_URING : 0)));
        parts(record, transfer.parts());
        return record;
    }

    private static void parts(RecordBytes record, List<Transfer.Part> parts) {
        var bytes = record.buffer();
        bytes.put(EventLayout.TRANSFER_PARTS, (byte) parts.size());
        for (int i = 0; i < parts.size(); i++) {
            int at = EventLayout.TRANSFER_PART + i * EventLayout.PART_BYTES;
            Transfer.Part part = parts.get(i);
            bytes.putLong(at + EventLayout.PART_ADDRESS, part.address());
            bytes.putLong(at + EventLayout.PART_HEAD, part.head());
            bytes.putLong(at + EventLayout.PART_TAIL, part.tail());
            bytes.putLong(at + EventLayout.PART_WHOLE, part.whole());
            bytes.putInt(at + EventLayout.PART_LEN, (int) part.len());
            bytes.putInt(
                    at + EventLayout.PART_FLAGS,
                    (part.hashed() ? EventLayout.PART_HASHED : 0) | (part.dull() ? EventLayout.PART_DULL : 0));
        }
    }
}

package traitrace.event;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A call that moved bytes between a process and a socket or a TUN device, or between a socket and a pipe: {@code struct
 * transfer_record} of {@code probes/event.h}.
 *
 * @param timeNs CLOCK_MONOTONIC, when the bytes had been moved
 * @param socket tells sockets and TUN devices apart while they are open
 * @param cookie of the socket, never reused; 0 = it has none
 * @param next of a UDP socket where only tracepoints are to be had: skb id of what is now first in its receive queue; 0 =
 *     not tracked. Of an AF_XDP socket: skb id of the frame
 * @param pipe tells pipes apart while they are open; 0 = the bytes are in memory
 * @param bytes moved; negative errno = none
 * @param fd of the socket or device; -1 = not known
 * @param sent from the process to the network
 * @param stream TCP, {@code seq} is valid
 * @param emptied nothing is left in the socket's receive queue
 * @param partly there are more parts than are told
 * @param uring on behalf of an io_uring: the thread may be any of the process
 * @param seq TCP sequence number of the first byte, 0 to 2^32-1
 * @param message the call's MSG_* flags
 * @param tid of the thread; 0 = of none: what an AF_XDP socket received
 * @param protocol IPPROTO_*; 0 = of a packet socket, an AF_XDP socket or a TUN device
 * @param family AF_*; 0 = TUN device
 * @param parts where the bytes are in the process's memory, in order
 */
public record Transfer(
        long timeNs,
        long socket,
        long cookie,
        long next,
        long pipe,
        int pid,
        int tid,
        long netns,
        int bytes,
        int fd,
        boolean sent,
        boolean stream,
        boolean emptied,
        boolean partly,
        boolean uring,
        long seq,
        int message,
        int protocol,
        int family,
        Call call,
        int cpu,
        List<Part> parts) {
    public static final int MSG_PEEK = 0x2;
    public static final int MSG_TRUNC = 0x20;
    public static final int MSG_MORE = 0x8000;
    /** The family of AF_XDP sockets. */
    public static final int AF_XDP = 44;

    /** The system call. The ordinals are those of {@code enum transfer_call}. */
    public enum Call {
        OTHER,
        READ,
        WRITE,
        READV,
        WRITEV,
        RECVFROM,
        SENDTO,
        RECVMSG,
        SENDMSG,
        RECVMMSG,
        SENDMMSG,
        SPLICE,
        SENDFILE;

        /** Its name; {@link #OTHER} is {@code other}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Bytes that lie together.
     *
     * @param address in the process's memory; of an AF_XDP socket, where the kernel has mapped the umem, once for all
     *     processes; 0 = not known
     * @param hashed the hashes are valid
     * @param dull the first bytes are all alike: equal hashes tell nothing
     * @param head hash of the first {@link #EDGE_BYTES}, or of all
     * @param tail hash of the last {@link #EDGE_BYTES}, or of all
     * @param whole hash of the first {@link #WHOLE_BYTES}, or of all
     */
    public record Part(long address, long len, boolean hashed, boolean dull, long head, long tail, long whole) {
        public static final int EDGE_BYTES = 64;
        public static final int WHOLE_BYTES = 1024;
    }

    private static final Call[] CALLS = Call.values();

    public Transfer {
        parts = List.copyOf(parts);
    }

    /** Looked at, and still there for the next reader. */
    public boolean peeked() {
        return !sent && (message & MSG_PEEK) != 0;
    }

    /** A frame that was copied into or out of a umem; no call of the process is told of for it. */
    public boolean umem() {
        return family == AF_XDP;
    }

    /** Reads a record, which must be a well-formed one of this kind. */
    public static Transfer of(EventView view) {
        ByteBuffer b = view.buffer();
        int at = view.offset();
        int flags = Short.toUnsignedInt(b.getShort(at + EventLayout.TRANSFER_FLAGS));
        int call = Short.toUnsignedInt(b.getShort(at + EventLayout.TRANSFER_CALL));
        int count = Byte.toUnsignedInt(b.get(at + EventLayout.TRANSFER_PARTS));
        List<Part> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            parts.add(part(b, at + EventLayout.TRANSFER_PART + i * EventLayout.PART_BYTES));
        }
        return new Transfer(
                b.getLong(at + EventLayout.TIME),
                b.getLong(at + EventLayout.TRANSFER_SOCKET),
                b.getLong(at + EventLayout.TRANSFER_COOKIE),
                b.getLong(at + EventLayout.TRANSFER_NEXT),
                b.getLong(at + EventLayout.TRANSFER_PIPE),
                view.pid(),
                b.getInt(at + EventLayout.TRANSFER_TID),
                view.netns(),
                b.getInt(at + EventLayout.TRANSFER_COUNT),
                b.getInt(at + EventLayout.TRANSFER_FD),
                view.hook() == Hook.SOCK_SEND_LENGTH.id(),
                (flags & EventLayout.TRANSFER_STREAM) != 0,
                (flags & EventLayout.TRANSFER_EMPTIED) != 0,
                (flags & EventLayout.TRANSFER_PARTLY) != 0,
                (flags & EventLayout.TRANSFER_URING) != 0,
                Integer.toUnsignedLong(b.getInt(at + EventLayout.TRANSFER_SEQ)),
                b.getInt(at + EventLayout.TRANSFER_MESSAGE),
                Byte.toUnsignedInt(b.get(at + EventLayout.TRANSFER_PROTOCOL)),
                Byte.toUnsignedInt(b.get(at + EventLayout.TRANSFER_FAMILY)),
                call < CALLS.length ? CALLS[call] : Call.OTHER,
                view.cpu(),
                parts);
    }

    private static Part part(ByteBuffer b, int at) {
        int flags = b.getInt(at + EventLayout.PART_FLAGS);
        return new Part(
                b.getLong(at + EventLayout.PART_ADDRESS),
                Integer.toUnsignedLong(b.getInt(at + EventLayout.PART_LEN)),
                (flags & EventLayout.PART_HASHED) != 0,
                (flags & EventLayout.PART_DULL) != 0,
                b.getLong(at + EventLayout.PART_HEAD),
                b.getLong(at + EventLayout.PART_TAIL),
                b.getLong(at + EventLayout.PART_WHOLE));
    }
}

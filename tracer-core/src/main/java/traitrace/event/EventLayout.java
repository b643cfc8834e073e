package traitrace.event;

/**
 * Where the fields of a ring record lie: {@code probes/event.h}, in bytes from the start of the record.
 *
 * <pre>
 *  0        8           16       24    32      36       40    44     48
 *  +--------+-----------+--------+-----+-------+--------+-----+------+-----+
 *  | time   | packet_id | skb_id | arg | netns | ifindex| len | mark | pid |
 *  +--------+-----------+--------+-----+-------+--------+-----+------+-----+
 *  52        54     56         58    60     61      62         64
 *  +---------+------+----------+-----+------+-------+----------+- - - - - - -
 *  | counter | hook | protocol | cpu | kind | flags | reserved | snapshot
 *  +---------+------+----------+-----+------+-------+----------+- - - - - - -
 * </pre>
 *
 * Host byte order (little-endian on every supported machine). A test compares each number with the BTF of the compiled
 * probes.
 */
public final class EventLayout {
    public static final int TIME = 0;
    public static final int PACKET_ID = 8;
    public static final int SKB_ID = 16;
    public static final int ARG = 24;
    public static final int NETNS = 32;
    public static final int IFINDEX = 36;
    public static final int LEN = 40;
    public static final int MARK = 44;
    public static final int PID = 48;
    public static final int COUNTER = 52;
    public static final int HOOK = 54;
    public static final int PROTOCOL = 56;
    public static final int CPU = 58;
    public static final int KIND = 60;
    public static final int FLAGS = 61;
    public static final int EVENT_BYTES = 64;

    /** In an edge record; the other fields lie where an event has the like. */
    public static final int EDGE_PARENT = ARG;

    public static final int EDGE_CALLERS = NETNS;
    public static final int EDGE_CALLER_COUNT = 4;
    public static final int EDGE_OFFSET = PID;
    public static final int EDGE_KIND = HOOK;
    public static final int EDGE_EVIDENCE = FLAGS;

    public static final int KIND_EVENT = 1;
    public static final int KIND_EDGE = 2;
    public static final int KIND_GONE = 3;
    public static final int KIND_DEVICE = 5;
    public static final int KIND_TASK = 6;
    public static final int KIND_PAYLOAD = 7;
    public static final int KIND_TRANSFER = 8;
    public static final int KIND_REDIRECT = 9;

    public static final int FLAG_SNAPSHOT = 1;
    public static final int FLAG_FIRST = 1 << 1;
    public static final int FLAG_SOFTIRQ = 1 << 2;
    public static final int FLAG_CLONED = 1 << 3;
    public static final int FLAG_NONLINEAR = 1 << 4;
    public static final int FLAG_REWRITTEN = 1 << 5;
    public static final int FLAG_MERGED = 1 << 6;
    public static final int FLAG_TAP = 1 << 7;

    /** In the flags of a gone record: the kernel was seen to free the skb. */
    public static final int GONE_FREED = 1;

    /** Offsets inside the snapshot, which begins at {@link #EVENT_BYTES}. */
    public static final int SNAPSHOT_CAPTURED = 0;

    public static final int SNAPSHOT_NETWORK = 2;
    public static final int SNAPSHOT_GSO_SIZE = 4;
    public static final int SNAPSHOT_GSO_SEGS = 6;
    public static final int SNAPSHOT_VLAN_TCI = 8;
    public static final int SNAPSHOT_VLAN_PRESENT = 10;
    public static final int SNAPSHOT_IP_SUMMED = 11;
    public static final int SNAPSHOT_PKT_TYPE = 12;
    public static final int SNAPSHOT_ENCAPSULATION = 13;
    public static final int SNAPSHOT_DATA = 16;
    public static final int SNAPSHOT_DATA_BYTES = 128;
    public static final int SNAPSHOT_BYTES = SNAPSHOT_DATA + SNAPSHOT_DATA_BYTES;

    public static final int DEVICE_COOKIE = 8;
    public static final int DEVICE_NETNS = 16;
    public static final int DEVICE_IFINDEX = 20;
    public static final int DEVICE_PHYSICAL = 24;
    public static final int TASK_CGROUP = 8;
    public static final int TASK_PID = 16;
    public static final int TASK_TID = 20;
    /** Of the name in device and task records, which is NUL-terminated. */
    public static final int NAME = 32;

    public static final int NAME_BYTES = 16;
    public static final int NAMED_BYTES = 64;

    public static final int PAYLOAD_DATA = 24;
    public static final int PAYLOAD_LEN = 48;
    public static final int PAYLOAD_OFFSET = 52;
    public static final int PAYLOAD_COUNTER = 62;
    public static final int PAYLOAD_BYTES = 64;

    /** In a redirect record; the other fields lie where an event has the like. */
    public static final int REDIRECT_SOCKET = ARG;

    public static final int REDIRECT_SEQ = IFINDEX;
    public static final int REDIRECT_COUNT = LEN;
    public static final int REDIRECT_FROM = MARK;
    public static final int REDIRECT_EVIDENCE = FLAGS;

    /** In a transfer record; the other fields lie where an event has the like. */
    public static final int TRANSFER_SOCKET = 8;

    public static final int TRANSFER_COOKIE = 16;
    public static final int TRANSFER_NEXT = 24;
    public static final int TRANSFER_FD = 36;
    public static final int TRANSFER_COUNT = LEN;
    public static final int TRANSFER_MESSAGE = MARK;
    public static final int TRANSFER_FLAGS = COUNTER;
    public static final int TRANSFER_CALL = PROTOCOL;
    public static final int TRANSFER_PARTS = FLAGS;
    public static final int TRANSFER_PIPE = 64;
    public static final int TRANSFER_SEQ = 72;
    public static final int TRANSFER_TID = 76;
    public static final int TRANSFER_PROTOCOL = 80;
    public static final int TRANSFER_FAMILY = 81;
    public static final int TRANSFER_PART = 88;
    public static final int MAX_PARTS = 4;
    public static final int PART_ADDRESS = 0;
    public static final int PART_HEAD = 8;
    public static final int PART_TAIL = 16;
    public static final int PART_WHOLE = 24;
    public static final int PART_LEN = 32;
    public static final int PART_FLAGS = 36;
    public static final int PART_BYTES = 40;
    public static final int TRANSFER_BYTES = TRANSFER_PART + MAX_PARTS * PART_BYTES;

    public static final int TRANSFER_STREAM = 1;
    public static final int TRANSFER_EMPTIED = 1 << 1;
    public static final int TRANSFER_PARTLY = 1 << 2;
    public static final int TRANSFER_URING = 1 << 3;

    public static final int PART_HASHED = 1;
    public static final int PART_DULL = 1 << 1;

    /** Of a packet event with its snapshot. */
    public static final int PICTURED_BYTES = EVENT_BYTES + SNAPSHOT_BYTES;

    /** The longest record. */
    public static final int MAX_BYTES = TRANSFER_BYTES;

    private EventLayout() {}
}

package traitrace.export;

import java.nio.charset.StandardCharsets;

/**
 * The file of {@code traitrace record}, format 1. Numbers are little-endian.
 *
 * <pre>
 *  "traitrace recording 1\n"          22 bytes: {@code head -2 FILE} tells what the file is
 *  {"schema":1,...}\n                 one line of JSON, at most 1 MiB: see below
 *  +--------------------------------+
 *  | block                          |  any number of them
 *  +--------------------------------+
 *
 *  block   0        4          8       12          16
 *          +--------+----------+-------+-----------+- - - - - - - - - -+
 *          | magic  | stored   | raw   | crc32c    | frames, deflated  |
 *          | "TRB1" | bytes    | bytes | of stored | (raw, RFC 1951)   |
 *          +--------+----------+-------+-----------+- - - - - - - - - -+
 *
 *  frame   0        2          4
 *          +--------+----------+- - - - -+
 *          | type   | bytes    | content |          a frame lies in one block
 *          +--------+----------+- - - - -+
 *
 *  type 1  record     as in probes/event.h, snapshot included, in order of time
 *       2  netns      u64 inode, then its name
 *       3  symbol     u64 address of code, then its name: {@code nf_hook_slow+0xb3}
 *       4  reason     u64 drop reason, then its name
 *       5  losses     u64 x 5: missed runs, untracked, aged, evicted, filtered; then u64 for each CPU:
 *                  events lost. The last frame of a whole file
 *       6  container  u64 id of a cgroup, then the container's name or short id
 * </pre>
 *
 * Names are UTF-8 without an end mark and stand before the first record that needs them. Readers skip types that they do
 * not know. The JSON line has {@code schema}, {@code tool}, {@code version}, {@code kernel}, {@code clock},
 * {@code boot_unix_ns} (a string), {@code filter}, {@code families} (an array of the words for the hook families that
 * were attached; {@code stages} where it is missing), {@code event_bytes}, {@code hooks} (an array of id, name, stage and
 * meaning) and {@code drop_reasons} (an object from number to name).
 *
 * <p>Blocks end each on their own, so that a file whose writer was killed opens up to its last whole block, and one that
 * was damaged is noticed. Blocks are deflated at level 1 by the JDK: on one core of a small VM 2.7 M records/s written and
 * 11 M records/s read, 16 bytes for a record of 64. zstd-jni (native code that unpacks itself into /tmp for a root tool)
 * and lz4-java (half again as large, or Unsafe) were weighed and would be faster than a capture is; a block magic of its
 * own can add one later.
 */
final class RecordingFormat {
    static final byte[] MAGIC = "traitrace recording 1\n".getBytes(StandardCharsets.US_ASCII);
    static final int MAX_META_BYTES = 1 << 20;

    static final int BLOCK_MAGIC = 0x31425254; // "TRB1"
    static final int BLOCK_HEADER = 16;
    /** Of frames before compression: what a reader must be ready to hold. */
    static final int MAX_BLOCK_BYTES = 1 << 18;
    /** Deflate grows what it cannot shrink by a few bytes in each 16 KiB. */
    static final int MAX_STORED_BYTES = MAX_BLOCK_BYTES + (MAX_BLOCK_BYTES >> 8);

    static final int FRAME_HEADER = 4;
    static final int RECORD = 1;
    static final int NETNS = 2;
    static final int SYMBOL = 3;
    static final int REASON = 4;
    static final int LOSSES = 5;
    static final int CONTAINER = 6;
    /** Without the counts of the CPUs. */
    static final int LOSSES_BYTES = 5 * Long.BYTES;

    static final int MAX_NAME_BYTES = 255;

    private RecordingFormat() {}
}

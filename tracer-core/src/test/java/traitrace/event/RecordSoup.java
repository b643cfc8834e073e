package traitrace.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Records that no kernel would write, but a damaged file or another version of the probes might: few ids and headers,
 * so that they meet, and absurd numbers among sane ones. Repeatable by its seed.
 */
public final class RecordSoup {
    private static final byte[][] HEADERS = {
        RecordBytes.udp(1, 2, 53, 7, 10),
        RecordBytes.udp(1, 2, 53, 0, 3000),
        RecordBytes.udp(1, 2, 53, 65_535, 1000),
        RecordBytes.tcp(1, 2, 80, 5, 1000, 16, 1000),
        RecordBytes.tcp(1, 2, 80, 5, 2000, 16, 1000),
        RecordBytes.tcp(1, 2, 80, 6, 1000, 16, 3000),
        RecordBytes.tcp(1, 2, 80, 7, 0xfffffff0L, 19, 0),
        RecordBytes.fragment(1, 2, 7, 0x2000, 1480),
        RecordBytes.fragment(1, 2, 7, 185, 100),
        PacketBytes.ipv6("::1", "::2", 17, PacketBytes.udp(1, 2, PacketBytes.text(8))),
        PacketBytes.ipv6("::1", "::2", 44, PacketBytes.fragment6(17, 0, true, 7, PacketBytes.text(40))),
        new byte[0],
    };

    private final Random random;
    private long now = RecordFeed.START;

    public RecordSoup(long seed) {
        random = new Random(seed);
    }

    /** A record of a known kind with possible contents, except that they do not fit together. */
    public EventView plausible() {
        now += random.nextInt(100) == 0 ? 3_000_000_000L : random.nextInt(1000);
        int kind = random.nextInt(10);
        RecordBytes record =
                switch (kind) {
                    case 0 -> RecordBytes.edge(now, id(), id(), id(), random.nextInt(10), random.nextInt(4));
                    case 1 -> RecordBytes.gone(now, id(), id());
                    case 2 -> transfer();
                    case 3 ->
                        RecordBytes.redirect(
                                now, id(), id(), id(), seq(), seq(), random.nextInt(5000), random.nextInt(4));
                    default -> event();
                };
        return record.view();
    }

    /** As {@link #plausible}, with some fields anything at all. */
    public EventView absurd() {
        EventView view = plausible();
        ByteBuffer buffer = view.buffer();
        for (int i = random.nextInt(4); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> buffer.putLong(8 * random.nextInt(buffer.capacity() / 8), random.nextLong());
                case 1 -> buffer.putLong(8 * random.nextInt(8), extreme());
                case 2 -> buffer.put(random.nextInt(buffer.capacity()), (byte) random.nextInt());
                default -> buffer.put(EventLayout.FLAGS, (byte) random.nextInt());
            }
        }
        return view;
    }

    /** As {@link #absurd}, cut off anywhere: a read beyond the end throws. */
    public EventView truncated() {
        EventView whole = absurd();
        int length = random.nextInt(EventLayout.MAX_BYTES + 1);
        byte[] bytes = new byte[length];
        whole.buffer().get(0, bytes);
        return new EventView().wrap(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 0, length);
    }

    private RecordBytes transfer() {
        byte[] bytes = new byte[1 + random.nextInt(300)];
        Arrays.fill(bytes, (byte) random.nextInt(3));
        bytes[bytes.length / 2] = 7;
        Transfer.Part part = TransferBytes.part(random.nextInt(5) * 100L, bytes);
        int protocol = random.nextBoolean() ? 6 : random.nextBoolean() ? 17 : 0;
        return TransferBytes.record(new Transfer(
                now,
                id(),
                random.nextInt(3),
                id(),
                random.nextInt(4) == 0 ? id() : 0,
                0,
                random.nextInt(3),
                random.nextInt(3),
                random.nextInt(8) == 0 ? -11 : bytes.length,
                random.nextInt(4) - 1,
                random.nextBoolean(),
                protocol == 6,
                random.nextBoolean(),
                false,
                random.nextInt(8) == 0,
                random.nextInt(4) * 1000L,
                random.nextInt(4),
                protocol,
                2,
                Transfer.Call.READ,
                0,
                random.nextInt(4) == 0 ? List.of() : List.of(part, part)));
    }

    private RecordBytes event() {
        Hook[] hooks = Hook.values();
        Hook hook = hooks[random.nextInt(hooks.length)];
        RecordBytes record = RecordBytes.event(hook, now, id(), id(), random.nextInt(4));
        record.at(random.nextInt(3), random.nextInt(11)).mark(random.nextInt(3)).pid(random.nextInt(3));
        record.arg(random.nextBoolean() ? id() : (random.nextInt(4) * 1000L) << 32 | random.nextInt(5000));
        record.flag(random.nextInt(4) == 0 ? random.nextInt(256) & ~EventLayout.FLAG_SNAPSHOT : 0);
        if (random.nextBoolean()) {
            record.ip(HEADERS[random.nextInt(HEADERS.length)]);
            record.gso(random.nextInt(3) == 0 ? 1000 : 0, random.nextInt(4));
        }
        return record;
    }

    private long id() {
        return 1 + random.nextInt(12);
    }

    private long seq() {
        return random.nextInt(4) * 1000L;
    }

    private long extreme() {
        long[] extremes = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0xffffffffL, 1L << 63 | 1};
        return extremes[random.nextInt(extremes.length)];
    }
}

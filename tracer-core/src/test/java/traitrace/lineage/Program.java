package traitrace.lineage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import traitrace.event.Transfer;
import traitrace.event.TransferBytes;

/** A process that receives and sends, as its transfers tell; its streams count their own sequence numbers. */
final class Program {
    static final int PID = 812;
    static final long BUFFER = 0x7f0000001000L;
    static final long OTHER_BUFFER = 0x7f0000100000L;
    private static final long FIRST_SEQ = 0xffffff00L;

    final Crossings crossings = new Crossings();
    private final Map<Long, Long> received = new HashMap<>();
    private final Map<Long, Long> sent = new HashMap<>();
    private int process = PID;
    private int thread = PID;
    private boolean stream;
    private boolean uring;
    private boolean umem;
    private long told;
    private long pipe;
    private int message;
    private long now = 5_000_000_000L;

    /** Any other bytes for any other seed. */
    static byte[] text(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] cut(byte[] bytes, int from, int to) {
        return Arrays.copyOfRange(bytes, from, to);
    }

    static byte[] join(byte[]... all) {
        byte[] joined =
                new byte[IntStream.range(0, all.length).map(i -> all[i].length).sum()];
        int at = 0;
        for (byte[] bytes : all) {
            System.arraycopy(bytes, 0, joined, at, bytes.length);
            at += bytes.length;
        }
        return joined;
    }

    Program tcp() {
        stream = true;
        return this;
    }

    /** Another process. */
    Program of(int pid) {
        process = pid;
        return this;
    }

    Program on(int tid) {
        thread = tid;
        return this;
    }

    Program uring() {
        uring = true;
        return this;
    }

    /** Its sockets are AF_XDP's. */
    Program umem() {
        umem = true;
        return this;
    }

    Program pass(long ns) {
        now += ns;
        return this;
    }

    Receive gets(long socket, long address, byte[] bytes) {
        return gets(socket, List.of(TransferBytes.part(address, bytes)));
    }

    Receive gets(long socket, List<Transfer.Part> parts) {
        int length = (int) parts.stream().mapToLong(Transfer.Part::len).sum();
        Receive receive = new Receive(transfer(socket, false, length, parts, received));
        crossings.received(receive);
        return receive;
    }

    Receive splicesIn(long socket, long into, int length) {
        pipe = into;
        Receive receive = new Receive(transfer(socket, false, length, List.of(), received));
        pipe = 0;
        crossings.received(receive);
        return receive;
    }

    Crossings.Found splicesOut(long socket, long from, int length) {
        pipe = from;
        Crossings.Found found = sent(transfer(socket, true, length, List.of(), sent), false);
        pipe = 0;
        return found;
    }

    Crossings.Found gives(long socket, long address, byte[] bytes) {
        return gives(socket, List.of(TransferBytes.part(address, bytes)));
    }

    Crossings.Found gives(long socket, List<Transfer.Part> parts) {
        return gives(socket, parts, false);
    }

    /** @param elsewhere not to whom the receives of the same socket came from */
    Crossings.Found gives(long socket, List<Transfer.Part> parts, boolean elsewhere) {
        int length = (int) parts.stream().mapToLong(Transfer.Part::len).sum();
        return sent(transfer(socket, true, length, parts, sent), elsewhere);
    }

    /** The send that comes next had handed on its bytes this long before its end was told. */
    Program beganBefore(long ns) {
        told = ns;
        return this;
    }

    private Crossings.Found sent(Transfer send, boolean elsewhere) {
        long began = send.timeNs() - told;
        told = 0;
        return crossings.sent(send, began, r -> elsewhere);
    }

    private Transfer transfer(
            long socket, boolean out, int length, List<Transfer.Part> parts, Map<Long, Long> streams) {
        now += 1000;
        long seq = stream ? streams.getOrDefault(socket, FIRST_SEQ) : 0;
        streams.put(socket, seq + length & 0xffffffffL);
        return new Transfer(
                now,
                socket,
                0,
                0,
                pipe,
                process,
                thread,
                1,
                length,
                9,
                out,
                stream,
                false,
                false,
                uring,
                seq,
                message,
                umem ? 0 : stream ? 6 : 17,
                umem ? Transfer.AF_XDP : 2,
                Transfer.Call.READ,
                0,
                parts);
    }

    /** {@code at+length <- offset relation}, of one receive that is not named. */
    static List<String> feeds(Crossings.Found found) {
        List<String> all = new ArrayList<>();
        for (Feed feed : found.feeds()) {
            all.add(feed.at() + "+" + feed.length() + " <- " + feed.offset() + " "
                    + feed.relation().label());
        }
        return all;
    }

    static List<Receive> receives(Crossings.Found found) {
        return found.feeds().stream().map(Feed::receive).toList();
    }
}

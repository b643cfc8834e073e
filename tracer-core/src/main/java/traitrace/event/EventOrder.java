package traitrace.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Puts the records of several rings into one order of time.
 *
 * <p>Each ring is almost sorted: a probe takes the time before it takes its place in the ring, and an interrupt may run
 * another one in between. Records are copied in here, held for a short while, and handed on by time. What arrives later
 * than that is handed on late; nothing is dropped for being late.
 */
public final class EventOrder {
    private final Lane[] lanes;
    private final EventView view = new EventView();

    /** @param lanes number of rings, at least 1 */
    public EventOrder(int lanes) {
        this.lanes = new Lane[lanes];
        for (int i = 0; i < lanes; i++) {
            this.lanes[i] = new Lane();
        }
    }

    /** Takes a copy of a record of ring {@code lane}; one too short to have a time is refused. */
    public boolean add(int lane, ByteBuffer buffer, int offset, int length) {
        if (length < EventLayout.EVENT_BYTES) {
            return false;
        }
        lanes[lane].add(buffer, offset, length);
        return true;
    }

    /** Hands on, in order of time, all records from before {@code time} (CLOCK_MONOTONIC, ns). */
    public void release(long time, EventSink sink) {
        while (true) {
            Lane first = null;
            for (Lane lane : lanes) {
                if (!lane.isEmpty() && (first == null || lane.headTime() < first.headTime())) {
                    first = lane;
                }
            }
            if (first == null || first.headTime() >= time) {
                break;
            }
            first.removeHead(view);
            sink.accept(view);
        }
        for (Lane lane : lanes) {
            lane.compact();
        }
    }

    /** Records that are held. */
    public int size() {
        int size = 0;
        for (Lane lane : lanes) {
            size += lane.size();
        }
        return size;
    }

    /** One ring's records: bytes in order of arrival, an index in order of time. */
    private static final class Lane {
        private ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        private int end;
        private long[] times = new long[1024];
        private int[] offsets = new int[1024];
        private int[] lengths = new int[1024];
        private int head;
        private int tail;

        boolean isEmpty() {
            return head == tail;
        }

        int size() {
            return tail - head;
        }

        long headTime() {
            return times[head];
        }

        void add(ByteBuffer source, int offset, int length) {
            makeRoom(length);
            source.get(offset, bytes.array(), end, length);
            long time = bytes.getLong(end + EventLayout.TIME);
            int at = tail++;
            while (at > head && times[at - 1] > time) {
                times[at] = times[at - 1];
                offsets[at] = offsets[at - 1];
                lengths[at] = lengths[at - 1];
                at--;
            }
            times[at] = time;
            offsets[at] = end;
            lengths[at] = length;
            end += length;
        }

        void removeHead(EventView view) {
            view.wrap(bytes, offsets[head], lengths[head]);
            head++;
        }

        private void makeRoom(int length) {
            if (end + length > bytes.capacity()) {
                bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), bytes.capacity() * 2))
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
            if (tail == times.length) {
                times = Arrays.copyOf(times, tail * 2);
                offsets = Arrays.copyOf(offsets, tail * 2);
                lengths = Arrays.copyOf(lengths, tail * 2);
            }
        }

        /** Moves what is left to the front; usually nothing is. */
        void compact() {
            if (head == 0) {
                return;
            }
            int kept = tail - head;
            if (kept > 0) {
                // The index is by time, the bytes by arrival: keep all bytes from the earliest that is still needed.
                int from = Integer.MAX_VALUE;
                for (int i = head; i < tail; i++) {
                    from = Math.min(from, offsets[i]);
                }
                System.arraycopy(bytes.array(), from, bytes.array(), 0, end - from);
                for (int i = 0; i < kept; i++) {
                    times[i] = times[head + i];
                    offsets[i] = offsets[head + i] - from;
                    lengths[i] = lengths[head + i];
                }
                end -= from;
            } else {
                end = 0;
            }
            head = 0;
            tail = kept;
        }
    }
}

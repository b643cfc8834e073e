package traitrace.kernel;

import com.kenai.jffi.MemoryIO;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Pointer;
import traitrace.TracerException;

/**
 * One BPF ring buffer, mapped and read without a call per record.
 *
 * <p>The layout is the kernel's (Documentation/bpf/ringbuf.rst): the consumer's position on a page of its own, which we
 * write; the producer's position on the next page; then the data, mapped twice, so that a record that wraps still lies
 * in one piece.
 *
 * <pre>
 *  0              page           2 pages                          2 pages + 2 * size
 *  +--------------+--------------+---------------+-----------------+
 *  | consumer_pos | producer_pos | data          | the same data   |
 *  +--------------+--------------+---------------+-----------------+
 *  record: u32 length (bit 31 = being written, bit 30 = discarded), u32 -, payload, padded to 8 bytes
 * </pre>
 *
 * <p>Positions only grow. One thread may read.
 */
public final class RingReader implements AutoCloseable {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int HEADER = 8;
    /** The consumer's position is given back this often: a producer must not see a full ring for long. */
    private static final int RELEASE_BYTES = 64 * 1024;

    /** Takes one record where it lies: {@code length} bytes of {@code buffer} from {@code offset}. */
    @FunctionalInterface
    public interface Handler {
        void record(ByteBuffer buffer, int offset, int length);
    }

    private final Libc libc;
    private final Pointer consumerPage;
    private final Pointer producerPages;
    private final long producerBytes;
    private final int page;
    private final int mask;
    private final ByteBuffer consumer;
    private final ByteBuffer producer;
    private long position;
    private boolean closed;

    /**
     * @param fd of the ring buffer map, which stays the caller's
     * @param size of the data, bytes: a power of two, at most 512 MiB
     */
    public RingReader(Libc libc, int fd, int size) {
        this.libc = libc;
        this.page = libc.getpagesize();
        this.mask = size - 1;
        this.producerBytes = page + 2L * size;
        this.consumerPage = map(fd, page, Libc.PROT_READ | Libc.PROT_WRITE, 0);
        this.producerPages = map(fd, producerBytes, Libc.PROT_READ, page);
        this.consumer = view(consumerPage, page);
        this.producer = view(producerPages, (int) producerBytes);
        this.position = (long) LONG.getAcquire(consumer, 0);
    }

    private Pointer map(int fd, long length, int protection, long offset) {
        Pointer address = libc.mmap(null, length, protection, Libc.MAP_SHARED, fd, offset);
        if (address == null || address.address() == -1) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT,
                    "a ring of " + (mask + 1) + " bytes cannot be mapped",
                    "give it less memory with --ring");
        }
        return address;
    }

    private static ByteBuffer view(Pointer address, int length) {
        return MemoryIO.getInstance()
                .newDirectByteBuffer(address.address(), length)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Hands every record that is complete to the handler; returns how many. */
    public int drain(Handler handler) {
        int count = 0;
        long released = position;
        try {
            long end = (long) LONG.getAcquire(producer, 0);
            while (position < end) {
                int at = page + (int) (position & mask);
                int header = (int) INT.getAcquire(producer, at);
                if ((header & BUSY) != 0) {
                    break;
                }
                int length = header & ~DISCARDED;
                if ((header & DISCARDED) == 0) {
                    handler.record(producer, at + HEADER, length);
                    count++;
                }
                position += (length + HEADER + 7) & ~7;
                if (position - released > RELEASE_BYTES) {
                    LONG.setRelease(consumer, 0, position);
                    released = position;
                }
            }
        } finally {
            LONG.setRelease(consumer, 0, position);
        }
        return count;
    }

    /** Bytes written and not yet read. */
    public long pending() {
        return (long) LONG.getAcquire(producer, 0) - position;
    }

    /** The thread that drains must have ended: the memory is gone afterwards. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            libc.munmap(consumerPage, page);
            libc.munmap(producerPages, producerBytes);
        }
    }
}

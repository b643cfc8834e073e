package traitrace.event;

/** What the arguments of the events of an nfnetlink queue say: {@code probes/hooks.h}, {@code probes/nfqueue.h}. */
public final class Nfqueue {
    /** {@code enum nfqueue_judgement}. */
    static final int DECIDED = 1;

    static final int REPLACED = 1 << 1;
    /** NF_VERDICT_MASK and NF_VERDICT_QBITS of include/uapi/linux/netfilter.h. */
    private static final int KIND_MASK = 0xff;

    private static final int NUMBER_SHIFT = 16;

    private Nfqueue() {}

    /**
     * A packet was handed to a queue.
     *
     * @param queue its number, 0 to 65,535
     * @param errno by which the queue refused it, positive; 0 = it did not, or not yet
     */
    public record Enqueue(int queue, int errno) {
        /** ESRCH: no process listens. */
        public static final int NO_LISTENER = 3;
        /** ENOBUFS: the queue is full. */
        public static final int NO_ROOM = 105;

        public static Enqueue of(long arg) {
            return new Enqueue((int) arg, (int) (arg >>> 32));
        }

        public boolean refused() {
            return errno != 0;
        }
    }

    /** The ordinals are the NF_* of include/uapi/linux/netfilter.h. */
    public enum Kind {
        DROP,
        ACCEPT,
        STOLEN,
        QUEUE,
        REPEAT,
        STOP
    }

    /**
     * A packet left its queue.
     *
     * @param kind null for a number that is none
     * @param number for QUEUE, of the queue that it goes to next
     * @param decided by the process that the event is of; else by the kernel itself
     * @param replaced the process gave other bytes
     */
    public record Verdict(Kind kind, int number, boolean decided, boolean replaced) {
        public static Verdict of(long arg) {
            int kind = (int) arg & KIND_MASK;
            int judgement = (int) (arg >>> 32);
            return new Verdict(
                    kind < Kind.values().length ? Kind.values()[kind] : null,
                    (int) arg >>> NUMBER_SHIFT,
                    (judgement & DECIDED) != 0,
                    (judgement & REPLACED) != 0);
        }
    }
}

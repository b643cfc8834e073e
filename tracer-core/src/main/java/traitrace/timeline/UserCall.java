package traitrace.timeline;

import traitrace.event.Transfer;

/**
 * The call by which a process got or gave bytes, of a hop that is one; of another hop at which a process had its say,
 * only where that process is.
 *
 * @param tid of the thread; of an io_uring any of the process; 0 = not a call
 * @param fd of the socket or TUN device; -1 = not known
 * @param call {@link Transfer.Call#OTHER} where it is none of the calls that are known
 * @param peeked the bytes were looked at, and are there still
 * @param container short id or name of the process's container; empty if it is in none that is known
 */
public record UserCall(int tid, int fd, Transfer.Call call, boolean peeked, String container) {
    /** Of a hop that is no call. */
    public static final UserCall NONE = new UserCall(0, -1, Transfer.Call.OTHER, false, "");

    /** Of a hop that is no call, by a process in this container. */
    public static UserCall none(String container) {
        return new UserCall(0, -1, Transfer.Call.OTHER, false, container);
    }

    /** Whether bytes were moved by a call. */
    public boolean isCall() {
        return tid != 0;
    }

    static UserCall of(Transfer transfer, String container) {
        return new UserCall(transfer.tid(), transfer.fd(), transfer.call(), transfer.peeked(), container);
    }
}

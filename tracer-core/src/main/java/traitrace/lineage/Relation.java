package traitrace.lineage;

import java.util.Locale;

/**
 * By which rule what was sent was found to pass on what was received, strongest first.
 *
 * <p>What a program says of itself, once there is a channel for it, has its place before these.
 */
public enum Relation {
    /** The kernel had the one socket send what the other one received, by a map of sockets. */
    SOCKMAP(Evidence.PROVED),
    /** The bytes lay in the same memory of the process, or went through the same pipe. */
    MEMORY(Evidence.MATCHED),
    /** The same bytes. */
    BYTES(Evidence.MATCHED),
    /** The same chunk of a umem, but with other bytes. */
    CHUNK(Evidence.GUESSED),
    /** The thread had received nothing else. */
    THREAD(Evidence.GUESSED),
    /** The process passes on what it gets by the one socket through the other, in order. */
    PAIR(Evidence.GUESSED);

    private final Evidence evidence;

    Relation(Evidence evidence) {
        this.evidence = evidence;
    }

    Evidence evidence() {
        return evidence;
    }

    /** The word for it in links, JSON and screens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

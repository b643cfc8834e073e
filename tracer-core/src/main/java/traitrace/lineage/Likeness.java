package traitrace.lineage;

import traitrace.event.Transfer.Part;

/** What the hashes of two pieces of memory say of their bytes. */
enum Likeness {
    EQUAL,
    UNEQUAL,
    /** They are not of the same bytes, or of bytes that tell nothing: zeros are equal to zeros. */
    UNKNOWN;

    /** Of two parts that begin with the same byte, if they are alike at all. */
    static Likeness fromStart(Part a, Part b) {
        return ofHeads(a, b).and(ofWholes(a, b));
    }

    /**
     * As {@link #fromStart}, but the first 64 bytes alone do not make them equal: those of requests of several clients
     * often are.
     */
    static Likeness inFull(Part a, Part b) {
        return ofHeads(a, b) == UNEQUAL ? UNEQUAL : ofWholes(a, b);
    }

    /** Of two parts that begin with the same byte, by their first 64 bytes alone. */
    static Likeness ofHeads(Part a, Part b) {
        return of(a, b, a.head(), b.head(), Part.EDGE_BYTES, a.dull() || b.dull());
    }

    private static Likeness ofWholes(Part a, Part b) {
        return of(a, b, a.whole(), b.whole(), Part.WHOLE_BYTES, dull(a) || dull(b));
    }

    /** Of two parts that end with the same byte, if they are alike at all. */
    static Likeness fromEnd(Part a, Part b) {
        return of(a, b, a.tail(), b.tail(), Part.EDGE_BYTES, dull(a) || dull(b));
    }

    /** Its bytes may be all alike: the first are, and the last are the same. */
    static boolean dull(Part part) {
        return part.dull() && part.head() == part.tail();
    }

    /** One that says unequal decides, else one that says anything. */
    Likeness and(Likeness other) {
        if (this == UNEQUAL || other == UNEQUAL) {
            return UNEQUAL;
        }
        return this == UNKNOWN ? other : this;
    }

    /** A hash is of the first or last {@code bytes}, or of all: two are of as many bytes only so. */
    private static Likeness of(Part a, Part b, long hashOfA, long hashOfB, int bytes, boolean dull) {
        boolean comparable = a.hashed() && b.hashed() && (a.len() == b.len() || Math.min(a.len(), b.len()) >= bytes);
        if (!comparable) {
            return UNKNOWN;
        }
        if (hashOfA != hashOfB) {
            return UNEQUAL;
        }
        return dull ? UNKNOWN : EQUAL;
    }
}

package traitrace.lineage;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import traitrace.event.Transfer;
import traitrace.event.Transfer.Part;

/**
 * What lies where in the memory of one process, or in the umems of all, as far as it was received.
 *
 * <p>An address alone says little: the program may have written there since. So what is sent from an address must be
 * shown to be what was received there, by hashes of the same bytes, or go on where bytes that were shown to be so ended, or
 * lie between such.
 */
final class MemoryMap {
    private static final int MOST_PIECES = 4096;
    private static final int MOST_SENDERS = 1024;
    private static final long LIFETIME_NS = 60_000_000_000L;

    /**
     * A part of a receive, or what later ones have left of it.
     *
     * @param offset of the part's first byte in the bytes of the receive
     */
    private record Piece(long start, long end, Receive receive, Part part, long offset) {
        Piece cut(long newStart, long newEnd) {
            return new Piece(newStart, newEnd, receive, part, offset);
        }

        long length() {
            return end - start;
        }

        boolean begins() {
            return start == part.address();
        }

        boolean ends() {
            return end == part.address() + part.len();
        }

        long inReceive(long address) {
            return offset + address - part.address();
        }

        /** What the hashes say of bytes of this piece that are sent as part {@code sent}. */
        Likeness likeness(Part sent) {
            boolean sameStart = begins() && sent.address() == start;
            boolean sameEnd = ends() && sent.address() + sent.len() == end;
            if (begins() && ends()) {
                Likeness start = sameStart ? Likeness.fromStart(part, sent) : Likeness.UNKNOWN;
                return start.and(sameEnd ? Likeness.fromEnd(part, sent) : Likeness.UNKNOWN);
            }
            // A hash of the first or last bytes says something of what is left only if those are.
            boolean enough = length() >= Part.EDGE_BYTES && sent.len() >= Part.EDGE_BYTES;
            Likeness start = enough && sameStart ? Likeness.ofHeads(part, sent) : Likeness.UNKNOWN;
            return start.and(enough && sameEnd ? Likeness.fromEnd(part, sent) : Likeness.UNKNOWN);
        }
    }

    /** Up to where a receive was shown to be sent through a socket: offset in the receive. */
    private record Progress(Receive receive, long end) {}

    /** @param shown hashes say that it is what was received */
    private record Source(Piece piece, long from, long to, boolean shown) {}

    private final int most;
    private final TreeMap<Long, Piece> pieces = new TreeMap<>();
    /** The same by age. */
    private final Map<Long, Piece> oldestFirst = new LinkedHashMap<>();

    private final Recent<Long, Progress> progress = new Recent<>(MOST_SENDERS);

    MemoryMap() {
        this(MOST_PIECES);
    }

    /** @param most pieces that are remembered */
    MemoryMap(int most) {
        this.most = most;
    }

    /** The process got bytes: what was there before is gone. */
    void received(Receive receive) {
        long offset = 0;
        for (Part part : receive.transfer().parts()) {
            if (part.address() != 0 && part.len() > 0) {
                long end = part.address() + part.len();
                clear(part.address(), end);
                put(new Piece(part.address(), end, receive, part, offset));
            }
            offset += part.len();
        }
        while (pieces.size() > most) {
            remove(oldestFirst.values().iterator().next());
        }
    }

    /**
     * Which bytes of a part that is sent were received into the memory that they are sent from.
     *
     * @param at offset of the part in the bytes of the send
     */
    List<Feed> sources(Transfer send, Part part, long at) {
        List<Feed> feeds = new ArrayList<>(1);
        long end = part.address() + part.len();
        if (part.address() == 0 || part.len() <= 0) {
            return feeds;
        }
        List<Source> run = new ArrayList<>(1);
        for (Piece piece : over(part.address(), end)) {
            Source source = old(piece, send.timeNs()) ? null : source(send, part, piece);
            boolean joined = !run.isEmpty() && run.get(run.size() - 1).to() == piece.start();
            if (source == null || !joined) {
                addShown(run, send, part, at, feeds);
                run.clear();
            }
            if (source != null) {
                run.add(source);
            }
        }
        addShown(run, send, part, at, feeds);
        return feeds;
    }

    /** What was received last into this place, whatever the program may have written there since; null = nothing. */
    Receive at(long address, long now) {
        Map.Entry<Long, Piece> below = pieces.floorEntry(address);
        Piece piece = below == null ? null : below.getValue();
        boolean there = piece != null && piece.end() > address && !old(piece, now);
        return there ? piece.receive() : null;
    }

    private static boolean old(Piece piece, long now) {
        return now - piece.receive().time() > LIFETIME_NS;
    }

    /** What of a piece is sent, if nothing shows that it is other bytes by now; else null. */
    private Source source(Transfer send, Part part, Piece piece) {
        Likeness likeness = piece.likeness(part);
        if (likeness == Likeness.UNEQUAL) {
            return null;
        }
        long from = Math.max(piece.start(), part.address());
        long to = Math.min(piece.end(), part.address() + part.len());
        Progress before = progress.get(ProcessSockets.key(send));
        boolean goesOn = before != null && before.receive() == piece.receive() && before.end() == piece.inReceive(from);
        return new Source(piece, from, to, likeness == Likeness.EQUAL || goesOn);
    }

    /** Of pieces without a gap, from the first to the last that is shown to be the same: what lies between is, too. */
    private void addShown(List<Source> run, Transfer send, Part part, long at, List<Feed> feeds) {
        int first = 0;
        int last = run.size() - 1;
        while (first <= last && !run.get(first).shown()) {
            first++;
        }
        while (last >= first && !run.get(last).shown()) {
            last--;
        }
        for (Source source : run.subList(first, last + 1)) {
            Piece piece = source.piece();
            feeds.add(new Feed(
                    at + source.from() - part.address(),
                    source.to() - source.from(),
                    piece.receive(),
                    piece.inReceive(source.from()),
                    Relation.MEMORY));
            progress.put(ProcessSockets.key(send), new Progress(piece.receive(), piece.inReceive(source.to())));
        }
    }

    int size() {
        return pieces.size();
    }

    private void clear(long start, long end) {
        for (Piece piece : over(start, end)) {
            remove(piece);
            if (piece.start() < start) {
                put(piece.cut(piece.start(), start));
            }
            if (piece.end() > end) {
                put(piece.cut(end, piece.end()));
            }
        }
    }

    /** The pieces that have bytes in {@code [start, end)}, in order. */
    private List<Piece> over(long start, long end) {
        Long first = pieces.floorKey(start);
        List<Piece> over = new ArrayList<>(
                pieces.subMap(first == null ? start : first, true, end, false).values());
        over.removeIf(piece -> piece.end() <= start);
        return over;
    }

    private void put(Piece piece) {
        pieces.put(piece.start(), piece);
        oldestFirst.put(piece.start(), piece);
    }

    private void remove(Piece piece) {
        pieces.remove(piece.start());
        oldestFirst.remove(piece.start());
    }
}

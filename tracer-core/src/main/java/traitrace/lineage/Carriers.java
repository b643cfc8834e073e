package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;

/** The skbs that carry bytes that were written at once, each packet's first. */
final class Carriers {
    private static final int MOST = 1024;

    private final List<Skb> skbs = new ArrayList<>(1);

    /** Takes one; false if its packet was seen to carry them before: they are sent again. */
    boolean add(Skb skb) {
        if (skbs.size() >= MOST || skbs.stream().anyMatch(other -> other.packet == skb.packet)) {
            return false;
        }
        skbs.add(skb);
        return true;
    }
}

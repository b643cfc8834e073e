package traitrace.lab;

import com.carrotsearch.hppc.LongLongHashMap;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import traitrace.lineage.Evidence;

/** How surely two skbs belong together: by the weakest link on the best way between them. */
final class Strength {
    private final Map<Evidence, Groups> byEvidence = new EnumMap<>(Evidence.class);
    private final Map<Long, Evidence> fromRoot = new HashMap<>();

    /** @param links in order of time */
    Strength(List<Link> links) {
        for (Evidence atLeast : Evidence.values()) {
            Groups groups = new Groups();
            links.stream()
                    .filter(link -> link.evidence().compareTo(atLeast) <= 0)
                    .forEach(link -> groups.join(link.parent(), link.child()));
            byEvidence.put(atLeast, groups);
        }
        for (Link link : links) {
            Evidence own = weaker(link.evidence(), fromRoot(link.parent()));
            fromRoot.merge(link.child(), own, Strength::weaker);
        }
    }

    /** What is under one id without a way of links between is as sure as what brought either of them there. */
    Evidence between(long a, long b) {
        for (Map.Entry<Evidence, Groups> groups : byEvidence.entrySet()) {
            if (groups.getValue().of(a) == groups.getValue().of(b)) {
                return groups.getKey();
            }
        }
        return weaker(fromRoot(a), fromRoot(b));
    }

    private Evidence fromRoot(long skb) {
        return fromRoot.getOrDefault(skb, Evidence.PROVED);
    }

    static Evidence weaker(Evidence a, Evidence b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    /** Sets of skbs that grow together. */
    static final class Groups {
        private final LongLongHashMap parents = new LongLongHashMap();

        /** Tells the set: the same for all in it. */
        long of(long skb) {
            long top = skb;
            while (parents.getOrDefault(top, top) != top) {
                top = parents.get(top);
            }
            for (long at = skb; at != top; ) {
                long next = parents.get(at);
                parents.put(at, top);
                at = next;
            }
            return top;
        }

        void join(long a, long b) {
            long top = of(a);
            long other = of(b);
            if (top != other) {
                parents.put(other, top);
            }
        }
    }
}

package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import traitrace.event.EventLayout;
import traitrace.event.EventView;

/** What the callers in the record of an edge say of it. The same few places make nearly all edges. */
final class Origins {
    private static final int MOST = 1 << 16;

    private final LongFunction<String> symbol;
    private final LongObjectHashMap<EdgeKinds.Origin> byCallers = new LongObjectHashMap<>();

    /** @param symbol as in {@link Lineage.Sources} */
    Origins(LongFunction<String> symbol) {
        this.symbol = symbol;
    }

    EdgeKinds.Origin of(EventView event, EdgeKind told) {
        long key = told.ordinal();
        for (int i = 0; i < EventLayout.EDGE_CALLER_COUNT; i++) {
            key = Fingerprint.mix(key, event.caller(i));
        }
        EdgeKinds.Origin origin = byCallers.get(key);
        if (origin == null) {
            List<String> functions = new ArrayList<>(EventLayout.EDGE_CALLER_COUNT);
            for (int i = 0; i < EventLayout.EDGE_CALLER_COUNT && event.caller(i) != 0; i++) {
                functions.add(symbol.apply(event.caller(i)));
            }
            origin = EdgeKinds.of(told, functions);
            // A module may be loaded later: what is not known yet is asked again.
            if (byCallers.size() < MOST && !functions.contains("")) {
                byCallers.put(key, origin);
            }
        }
        return origin;
    }
}

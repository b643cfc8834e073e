package traitrace.lineage;

import java.util.List;
import traitrace.event.EventView;
import traitrace.event.Transfer;

/** A call by which a process gave bytes, and the packets that carry them. Owned by {@link UserSpace}. */
final class Send {
    private final Transfer transfer;
    private final EventView record;
    private final Crossings.Found found;
    private final Carriers children = new Carriers();

    /** @param record of the transfer, a copy */
    Send(Transfer transfer, EventView record, Crossings.Found found) {
        this.transfer = transfer;
        this.record = record;
        this.found = found;
    }

    Transfer transfer() {
        return transfer;
    }

    EventView record() {
        return record;
    }

    List<Feed> feeds() {
        return found.feeds();
    }

    List<Receive> candidates() {
        return found.candidates();
    }

    boolean more() {
        return (transfer.message() & Transfer.MSG_MORE) != 0;
    }

    /** Takes an skb that carries bytes of it; false if its packet was seen to do so before: it is sent again. */
    boolean take(Skb child) {
        return children.add(child);
    }
}

package traitrace.lineage;

import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import traitrace.event.EventLayout;
import traitrace.event.Hook;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** A lineage with a feed in front of it, and the packets that came out. */
final class Journeys {
    static final int CLIENT = 0x0a000001;
    static final int SERVER = 0x0a000002;
    static final long HOME = 1;
    static final long AWAY = 2;
    static final int PHYSICAL = 9;
    static final int SYN = 2;
    static final int ACK = 16;
    static final long SKB_CLONE = 0x81000010L;
    static final long BR_FLOOD = 0x81000020L;
    private static final Map<Long, String> SYMBOLS = Map.of(SKB_CLONE, "skb_clone+0x5c", BR_FLOOD, "br_flood+0x12c");

    final List<Packet> finished = new ArrayList<>();
    final Lineage lineage;
    final RecordFeed feed;

    Journeys() {
        this(Lineage.Limits.DEFAULT);
    }

    Journeys(Lineage.Limits limits) {
        this(limits, false);
    }

    private Journeys(Lineage.Limits limits, boolean exact) {
        lineage = new Lineage(
                finished::add,
                new Lineage.Sources(
                        device -> (int) device == PHYSICAL, address -> SYMBOLS.getOrDefault(address, ""), exact),
                limits);
        feed = new RecordFeed(lineage);
    }

    /** With the lineage family: what the kernel does not tell did not happen. */
    static Journeys exact() {
        return new Journeys(Lineage.Limits.DEFAULT, true);
    }

    /** An IPv4 datagram between the two hosts, port 40000 to 53. */
    static byte[] udp(int id, int payload) {
        return RecordBytes.udp(CLIENT, SERVER, 53, id, payload);
    }

    /** A segment from client to server, with an IP id that follows from the sequence number. */
    static byte[] tcp(long sequence, int payload) {
        return RecordBytes.tcp(CLIENT, SERVER, 80, (int) (sequence & 0x7fff) + 1, sequence, ACK, payload);
    }

    List<Packet> all() {
        lineage.finish();
        return finished;
    }

    Packet only() {
        if (all().size() != 1) {
            throw new AssertionError(
                    "packets " + finished.stream().map(Packet::id).collect(toList()));
        }
        return finished.get(0);
    }

    /** The packet in which this skb lived. */
    Packet of(long skb) {
        return all().stream()
                .filter(p -> skbs(p).contains(skb))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("skb " + skb));
    }

    List<Long> ids() {
        return finished.stream().map(Packet::id).toList();
    }

    static List<Long> skbs(Packet packet) {
        List<Long> ids = new ArrayList<>();
        packet.forEach(e -> ids.add(e.skbId()));
        return ids.stream().distinct().toList();
    }

    static List<Hook> hooks(Packet packet) {
        List<Hook> hooks = new ArrayList<>();
        packet.forEach(e -> {
            if (e.kind() != EventLayout.KIND_GONE) {
                Hook.byId(e.hook()).ifPresent(hooks::add);
            }
        });
        return hooks;
    }

    static List<Integer> missing(Packet packet) {
        List<Integer> missing = new ArrayList<>();
        packet.forEach(e -> missing.add(Short.toUnsignedInt(e.buffer().getShort(e.offset() + Packet.MISSING))));
        return missing;
    }

    /** {@code parent>child kind evidence}. */
    static List<String> edges(Packet packet) {
        return packet.edges().stream()
                .map(e -> e.parentSkb() + ">" + e.childSkb() + " " + e.kind().label() + " "
                        + e.evidence().label())
                .toList();
    }
}

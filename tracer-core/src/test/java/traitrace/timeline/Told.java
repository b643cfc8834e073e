package traitrace.timeline;

import java.util.ArrayList;
import java.util.List;
import traitrace.event.Hook;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;
import traitrace.lineage.Lineage;

/** A stream with a feed in front of it, and the timelines that came out: one path, as live and in replay. */
final class Told {
    static final int CLIENT = 0x0a000001;
    static final int SERVER = 0x0a000002;

    final List<Timeline> timelines = new ArrayList<>();
    final TimelineStream stream;
    final RecordFeed feed;

    Told() {
        this(false);
    }

    /** @param exact the lineage family ran */
    Told(boolean exact) {
        stream = new TimelineStream(new PlainNames(), exact, packet -> true, Lineage.Limits.DEFAULT, timelines::add);
        feed = new RecordFeed(stream);
    }

    static byte[] udp(int id, int payload) {
        return RecordBytes.udp(CLIENT, SERVER, 53, id, payload);
    }

    static byte[] tcp(long sequence, int flags, int payload) {
        return RecordBytes.tcp(CLIENT, SERVER, 80, 1, sequence, flags, payload);
    }

    /** A UDP datagram is sent in namespace 1 and received in namespace 2 as this skb. */
    Told crosses(long skb) {
        feed.see(Hook.NET_DEV_QUEUE, skb, r -> r.at(1, 2).ip(udp(0, 10)));
        feed.see(Hook.NET_DEV_START_XMIT, skb);
        feed.see(Hook.NETIF_RX, skb, r -> r.at(2, 3));
        feed.see(Hook.NETIF_RECEIVE_SKB, skb);
        return this;
    }

    List<Timeline> all() {
        stream.finish();
        return timelines;
    }

    Timeline only() {
        if (all().size() != 1) {
            throw new AssertionError(timelines.size() + " timelines");
        }
        return timelines.get(0);
    }

    Timeline of(long packet) {
        return all().stream().filter(t -> t.packetId() == packet).findFirst().orElseThrow();
    }

    Verdict verdict() {
        return only().verdict();
    }
}

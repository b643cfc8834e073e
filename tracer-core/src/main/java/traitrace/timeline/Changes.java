package traitrace.timeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import traitrace.event.Flow;
import traitrace.event.HeaderText;
import traitrace.event.Headers;
import traitrace.event.Layer;
import traitrace.event.Tunnel;

/** What two snapshots of the same packet tell about what was done to it in between. */
public final class Changes {
    /** What {@link Change#field} can be. */
    public static final List<String> FIELDS = List.of(
            "netns", "dev", "src", "dst", "mark", "len", "encapsulation", "checksum", "ttl", "vlan", "gso", "fragment");

    private static final int IPV6_HEADER = 40;

    private Changes() {}

    /**
     * The differences, in the order src, dst, encapsulation, ttl, len, vlan, checksum, gso, fragment; empty if nothing is
     * known of one side. A header that one of the snapshots does not show is not a difference:
     *
     * <ul>
     *   <li>{@code src} and {@code dst} are those of the innermost flow, with ports; they are not compared where one side
     *       shows only the outside of a tunnel (encrypted, or cut off), nor the ports where a fragment has none.
     *   <li>{@code encapsulation}: all tunnels, outermost first; not compared where one side is a later fragment.
     *   <li>{@code ttl}: of the outermost IP header that has another one; of the innermost if a tunnel came or went.
     *   <li>{@code len}: bytes of the innermost IP packet, so that headers which are pushed and pulled around it are no
     *       change; not compared where one side shows only the outside of a tunnel.
     *   <li>{@code vlan}: the accelerated tag and those in the bytes, so that a tag that only moves is no change.
     *   <li>{@code fragment}: of the outermost IP header that is a fragment.
     * </ul>
     */
    public static List<Change> between(Headers before, Headers after) {
        if (before.layers().isEmpty() || after.layers().isEmpty()) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>();
        addresses(changes, before, after);
        if (!laterFragment(before) && !laterFragment(after)) {
            add(changes, "encapsulation", encapsulation(before), encapsulation(after));
        }
        ttl(changes, before, after);
        if (innermostComparable(before, after)) {
            add(changes, "len", length(before), length(after));
        }
        add(changes, "vlan", vlan(before), vlan(after));
        add(changes, "checksum", HeaderText.checksum(before.checksum()), HeaderText.checksum(after.checksum()));
        add(changes, "gso", HeaderText.gso(before), HeaderText.gso(after));
        add(changes, "fragment", fragment(before), fragment(after));
        return List.copyOf(changes);
    }

    private static void add(List<Change> changes, String field, String before, String after) {
        if (!before.equals(after)) {
            changes.add(new Change(field, before, after));
        }
    }

    private static String length(Headers headers) {
        String length = "";
        for (Layer layer : headers.layers()) {
            if (layer instanceof Layer.Ipv4 ip) {
                length = Integer.toString(ip.totalLength());
            } else if (layer instanceof Layer.Ipv6 ip) {
                length = Integer.toString(ip.payloadLength() + IPV6_HEADER);
            }
        }
        return length;
    }

    private static void addresses(List<Change> changes, Headers before, Headers after) {
        Optional<Flow> old = Flow.innermost(before);
        Optional<Flow> now = Flow.innermost(after);
        if (old.isEmpty() || now.isEmpty() || !innermostComparable(before, after)) {
            return;
        }
        Flow from = old.get();
        Flow to = now.get();
        boolean ports = from.sourcePort() >= 0 && to.sourcePort() >= 0;
        if (!from.source().equals(to.source()) || (ports && from.sourcePort() != to.sourcePort())) {
            changes.add(new Change("src", from.sourceText(), to.sourceText()));
        }
        if (!from.destination().equals(to.destination()) || (ports && from.destinationPort() != to.destinationPort())) {
            changes.add(new Change("dst", from.destinationText(), to.destinationText()));
        }
    }

    /** Whether both sides show the same IP header as their innermost. */
    private static boolean innermostComparable(Headers before, Headers after) {
        List<Ip> old = Ip.of(before);
        List<Ip> now = Ip.of(after);
        boolean bothInside = !onlyOutside(before, old) && !onlyOutside(after, now);
        boolean bothWhole = !laterFragment(before) && !laterFragment(after);
        return old.size() == now.size() ? onlyOutside(before, old) == onlyOutside(after, now) : bothInside && bothWhole;
    }

    /** Each tunnel has one IP header of its own: if none is left, that of the packet itself is not shown. */
    private static boolean onlyOutside(Headers headers, List<Ip> headersOfIp) {
        boolean arp = headers.layers().stream().anyMatch(Layer.Arp.class::isInstance);
        return !arp && Tunnel.of(headers).size() >= headersOfIp.size();
    }

    private static boolean laterFragment(Headers headers) {
        return Ip.of(headers).stream().anyMatch(ip -> ip.fragmentOffset > 0);
    }

    private static String encapsulation(Headers headers) {
        return Tunnel.of(headers).stream().map(Tunnel::text).collect(Collectors.joining(", "));
    }

    private static void ttl(List<Change> changes, Headers before, Headers after) {
        List<Ip> old = Ip.of(before);
        List<Ip> now = Ip.of(after);
        if (old.isEmpty() || now.isEmpty() || !innermostComparable(before, after)) {
            return;
        }
        int oldAt = old.size() == now.size() ? 0 : old.size() - 1;
        int nowAt = old.size() == now.size() ? 0 : now.size() - 1;
        for (; oldAt < old.size() && nowAt < now.size(); oldAt++, nowAt++) {
            int from = old.get(oldAt).ttl;
            int to = now.get(nowAt).ttl;
            if (from != to) {
                changes.add(new Change("ttl", Integer.toString(from), Integer.toString(to)));
                return;
            }
        }
    }

    /** The tags before the first IP header, outermost first. */
    private static String vlan(Headers headers) {
        List<String> tags = new ArrayList<>();
        if (headers.vlanTci() >= 0) {
            tags.add(HeaderText.vlan(headers.vlanTci()));
        }
        for (Layer layer : headers.layers()) {
            if (layer instanceof Layer.Vlan vlan) {
                tags.add(HeaderText.vlan(vlan.tci()));
            } else if (!(layer instanceof Layer.Ethernet)) {
                break;
            }
        }
        return String.join(", ", tags);
    }

    private static String fragment(Headers headers) {
        for (Ip ip : Ip.of(headers)) {
            if (ip.fragmentOffset > 0 || ip.moreFragments) {
                return "offset " + ip.fragmentOffset + (ip.moreFragments ? ", more follow" : ", last");
            }
        }
        return "";
    }

    /** What the two versions of IP have in common here. */
    private record Ip(int ttl, int fragmentOffset, boolean moreFragments) {
        static List<Ip> of(Headers headers) {
            List<Ip> all = new ArrayList<>();
            for (Layer layer : headers.layers()) {
                if (layer instanceof Layer.Ipv4 ip) {
                    all.add(new Ip(ip.ttl(), ip.fragmentOffset(), ip.moreFragments()));
                } else if (layer instanceof Layer.Ipv6 ip) {
                    all.add(new Ip(ip.hopLimit(), ip.fragmentOffset(), ip.moreFragments()));
                }
            }
            return all;
        }
    }
}

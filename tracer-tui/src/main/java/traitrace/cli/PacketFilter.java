package traitrace.cli;

import java.util.Set;
import java.util.function.Predicate;
import traitrace.event.EventLayout;
import traitrace.filter.CaptureFilter;
import traitrace.kernel.Libc;
import traitrace.lineage.Packet;

/**
 * Which packets a capture filter chooses: those with a snapshot that matches, in a namespace that was asked for.
 *
 * <p>The filter runs in user space on what the probes report of every packet; a form that runs in the kernel has its
 * place in {@code probes/stages.bpf.c}.
 */
record PacketFilter(CaptureFilter filter, Set<Long> netns) implements Predicate<Packet> {
    /**
     * @param expression in libpcap's syntax; empty = every packet
     * @param netns inode numbers; empty = every namespace
     */
    static Predicate<Packet> of(String expression, java.util.Collection<Long> netns) {
        if (expression.isEmpty() && netns.isEmpty()) {
            return packet -> true;
        }
        if (!expression.isEmpty()) {
            // Lest libpcap be blamed where no library can be called.
            Libc.load();
        }
        CaptureFilter filter = expression.isEmpty() ? null : CaptureFilter.compile(expression);
        return new PacketFilter(filter, Set.copyOf(netns));
    }

    @Override
    public boolean test(Packet packet) {
        boolean[] seen = {filter == null, netns.isEmpty()};
        packet.forEach(event -> {
            seen[0] |= filter != null && event.hasSnapshot() && filter.matches(event);
            seen[1] |= event.kind() == EventLayout.KIND_EVENT && netns.contains(event.netns());
        });
        return seen[0] && seen[1];
    }
}

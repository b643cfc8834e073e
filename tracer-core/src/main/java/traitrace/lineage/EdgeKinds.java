package traitrace.lineage;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an edge of the kernel is and where it was made, told by the functions that were on the stack.
 *
 * <p>Nearly every copy of an skb passes {@code __copy_skb_header} (net/core/skbuff.c), which does not know what for. Its
 * callers do; they are the same in Linux 6.1 to 7.2.
 */
final class EdgeKinds {
    /**
     * @param kind what made the child
     * @param place {@code by br_flood}; empty where nobody is known
     */
    record Origin(EdgeKind kind, String place) {}

    /** Functions of net/core/skbuff.c that call {@code __copy_skb_header}, by what their callers want of them. */
    private static final Map<String, EdgeKind> MAKERS = Map.ofEntries(
            Map.entry("skb_clone", EdgeKind.CLONE),
            Map.entry("__skb_clone", EdgeKind.CLONE),
            // dst goes on as src: only reassembly does so (net/ipv4/inet_fragment.c, inet_frag_reasm_prepare).
            Map.entry("skb_morph", EdgeKind.REASSEMBLE),
            Map.entry("skb_copy", EdgeKind.COPY),
            Map.entry("__pskb_copy_fclone", EdgeKind.COPY),
            Map.entry("skb_copy_expand", EdgeKind.COPY),
            Map.entry("skb_segment", EdgeKind.SEGMENT),
            Map.entry("skb_segment_list", EdgeKind.SEGMENT));

    /** Callers that give what they make another sense than the maker does. */
    private static final Map<String, EdgeKind> PURPOSES = Map.of(
            // net/sched/sch_netem.c: "duplicate"
            "netem_enqueue", EdgeKind.DUPLICATE,
            // net/core/skbuff.c: a segment that is one of a fragment list begins as its clone.
            "skb_segment", EdgeKind.SEGMENT);

    /** They make a child on behalf of others: who called them tells more. */
    private static final Set<String> HELPERS = Set.of(
            // net/core/skbuff.c
            "__copy_skb_header",
            "skb_copy_header",
            "__skb_clone",
            "skb_clone",
            "skb_clone_sk",
            "skb_morph",
            "skb_copy",
            "__pskb_copy_fclone",
            "skb_copy_expand",
            "skb_realloc_headroom",
            "skb_expand_head",
            // net/ipv4/ip_output.c, net/ipv6/ip6_output.c
            "ip_copy_metadata",
            "ip6_copy_metadata",
            "ip_frag_next",
            "ip6_frag_next",
            "ip_fraglist_prepare",
            "ip6_fraglist_prepare",
            // net/bridge/br_forward.c
            "deliver_clone",
            "maybe_deliver",
            // net/core/gro.c, net/ipv4/tcp_input.c: who merges is said by what is merged
            "skb_try_coalesce",
            "tcp_try_coalesce");

    /** The way from who wants segments to {@code skb_segment}. */
    private static final Set<String> SEGMENTATION = Set.of(
            "skb_mac_gso_segment",
            "__skb_gso_segment",
            "skb_gso_segment",
            "skb_eth_gso_segment",
            "inet_gso_segment",
            "ipip_gso_segment",
            "ipv6_gso_segment",
            "ip4ip6_gso_segment",
            "ip6ip6_gso_segment",
            "sit_gso_segment",
            "gre_gso_segment",
            "tcp_gso_segment",
            "tcp4_gso_segment",
            "tcp6_gso_segment",
            "udp4_ufo_fragment",
            "udp6_ufo_fragment",
            "__udp_gso_segment",
            "__udp_gso_segment_list",
            "__skb_udp_tunnel_segment",
            "skb_udp_tunnel_segment",
            "esp4_gso_segment",
            "esp6_gso_segment",
            "xfrm4_outer_mode_gso_segment",
            "xfrm6_outer_mode_gso_segment");

    private EdgeKinds() {}

    /**
     * @param told the kind in the record; {@link EdgeKind#COPY} of the lineage family may be any copy
     * @param functions on the stack, innermost first: {@code skb_clone+0x5c}; an empty name is one that is not known
     */
    static Origin of(EdgeKind told, List<String> functions) {
        EdgeKind kind = told;
        String maker = "";
        String by = "";
        String within = "";
        for (String symbol : functions) {
            String function = function(symbol);
            if (function.isEmpty() || function.startsWith("bpf_")) {
                // A trampoline, or a program.
                continue;
            }
            if (maker.isEmpty() && MAKERS.containsKey(function)) {
                maker = function;
                kind = told == EdgeKind.COPY ? MAKERS.get(function) : told;
            }
            if (by.isEmpty()) {
                by = HELPERS.contains(function) ? "" : function;
            } else if (within.isEmpty() && !SEGMENTATION.contains(function)) {
                within = function;
            }
        }
        if ((kind == EdgeKind.CLONE || kind == EdgeKind.COPY) && PURPOSES.containsKey(by)) {
            kind = PURPOSES.get(by);
        }
        boolean deep = kind == EdgeKind.SEGMENT && !within.isEmpty();
        return new Origin(kind, by.isEmpty() ? "" : Edge.BY + by + (deep ? " in " + within : ""));
    }

    /** Without the offset, and without what a compiler appends: {@code tcp_fragment.part.0+0x1c}. */
    private static String function(String symbol) {
        int end = symbol.length();
        int offset = symbol.indexOf('+');
        int suffix = symbol.indexOf('.');
        end = offset < 0 ? end : Math.min(end, offset);
        end = suffix < 0 ? end : Math.min(end, suffix);
        return symbol.substring(0, end);
    }
}

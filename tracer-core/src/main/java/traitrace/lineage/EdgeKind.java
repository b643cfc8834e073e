package traitrace.lineage;

import java.util.Locale;

/** What made a child skb from its parent. The ordinals are those of {@code probes/event.h}. */
public enum EdgeKind {
    CLONE,
    COPY,
    /** The same skb with a new data buffer. */
    EXPAND_HEAD,
    /** One segment of a GSO skb. */
    SEGMENT,
    /** Merged into another skb, by GRO or in a TCP receive queue. */
    COALESCE,
    FRAGMENT,
    REASSEMBLE,
    /** Between an XDP frame and an skb. */
    XDP,
    /** From the kernel to a process. */
    DELIVER,
    /** From a process to the kernel. */
    EMIT,
    ENCRYPT,
    DECRYPT,
    RETRANSMIT,
    DUPLICATE,
    /** From one host to another. */
    WIRE;

    /** The name in JSON, filters and screens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

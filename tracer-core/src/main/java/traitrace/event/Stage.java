package traitrace.event;

import java.util.Locale;

/** The part of the network stack in which a hook stands. */
public enum Stage {
    SOCKET,
    TRANSPORT,
    IP,
    NETFILTER,
    ROUTING,
    QDISC,
    DEVICE,
    TUNNEL,
    BRIDGE,
    XDP,
    DRIVER,
    USER,
    DROP;

    /** The name in JSON, filters and screens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package traitrace.filter;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import traitrace.TracerException;
import traitrace.event.EventView;
import traitrace.kernel.Pcap;

/**
 * A pcap-filter(7) expression in its user-space form: it runs on the header bytes of a snapshot, in Java.
 *
 * <p>A packet in tunnels is one packet per level: the outer one, and each packet inside. It matches if the expression
 * holds for any of its levels, so that {@code host 10.0.0.1} finds the packet inside VXLAN. A negation is therefore true
 * of a tunnelled packet as soon as one level satisfies it; {@code outerOnly} looks at the first level alone.
 *
 * <ul>
 *   <li>A level with an Ethernet header is matched from there. VLAN tags are passed over, as tcpdump does with the tags
 *       that hardware takes off, unless the expression contains the word {@code vlan}: then the accelerated tag is put
 *       back and every tag counts.
 *   <li>A level without one, as in the IP stages, is matched from its IP header. An expression that needs Ethernet
 *       addresses (see {@link #needsEthernet}) never matches there; one that needs only the Ethertype, as {@code arp},
 *       does: the skb knows it.
 *   <li>{@code len} is skb-&gt;len at the outer level. That counts from where skb-&gt;data stands: from the L2 header or
 *       from the IP header, by stage. At an inner level the bytes of the snapshot before it are taken off. It is never
 *       less than what was captured.
 *   <li>A test of bytes that were not captured is false, and so is the whole expression, a negation included.
 * </ul>
 */
public final class CaptureFilter {
    private static final Pattern VLAN = Pattern.compile("(?<![\\w.-])vlan(?![\\w.-])");
    private static final int MAC_BYTES = 12;

    /** What the packets of a program begin with. */
    public enum LinkType {
        ETHERNET(Pcap.ETHERNET),
        RAW_IP(Pcap.RAW_IP);

        private final int number;

        LinkType(int number) {
            this.number = number;
        }

        /** The DLT_* number of libpcap. */
        public int number() {
            return number;
        }
    }

    private final String expression;
    private final boolean outerOnly;
    private final Map<LinkType, ClassicBpf> programs;
    private final boolean tags;
    private final boolean needsEthernet;

    private CaptureFilter(String expression, boolean outerOnly, Map<LinkType, ClassicBpf> programs) {
        this.expression = expression;
        this.outerOnly = outerOnly;
        this.programs = programs;
        this.tags = VLAN.matcher(expression).find();
        ClassicBpf ethernet = programs.get(LinkType.ETHERNET);
        this.needsEthernet =
                !programs.containsKey(LinkType.RAW_IP) && ethernet != null && ethernet.readsBefore(MAC_BYTES);
    }

    /** A filter that looks into tunnels; see {@link #compile(String, boolean)}. */
    public static CaptureFilter compile(String expression) {
        return compile(expression, false);
    }

    /**
     * @param expression of pcap-filter(7); empty = everything
     * @param outerOnly do not look into tunnels
     * @throws TracerException USAGE if libpcap refuses the expression for both link types, with its words; ENVIRONMENT if
     *     libpcap is missing
     */
    public static CaptureFilter compile(String expression, boolean outerOnly) {
        Map<LinkType, ClassicBpf> programs = new EnumMap<>(LinkType.class);
        TracerException refusal = null;
        for (LinkType type : LinkType.values()) {
            try {
                programs.put(type, program(expression, type));
            } catch (TracerException e) {
                if (e.kind() != TracerException.Kind.USAGE) {
                    throw e;
                }
                // Ethernet comes first, and knows more: its words are about the expression, not the link type.
                refusal = refusal == null ? e : refusal;
            }
        }
        if (programs.isEmpty()) {
            throw refusal;
        }
        if (programs.values().stream().anyMatch(ClassicBpf::readsMetadata)) {
            throw new TracerException(
                    TracerException.Kind.USAGE,
                    Pcap.refusal(expression, "it asks for the direction or the interface, which are not in the packet"),
                    "leave out inbound, outbound and ifindex");
        }
        return new CaptureFilter(expression, outerOnly, programs);
    }

    private static ClassicBpf program(String expression, LinkType type) {
        long[] bits = Pcap.compile(expression, type.number());
        try {
            return ClassicBpf.of(bits);
        } catch (IllegalArgumentException invalid) {
            // A loop (protochain is one), or more instructions than the kernel takes.
            throw new TracerException(
                    TracerException.Kind.USAGE,
                    Pcap.refusal(expression, "libpcap makes of it a program that loops or is too long for the kernel"),
                    "leave out protochain, or make the expression shorter",
                    invalid);
        }
    }

    public String expression() {
        return expression;
    }

    public boolean outerOnly() {
        return outerOnly;
    }

    /** What the expression could be compiled for; if one is missing, libpcap refused it there. */
    public Set<LinkType> linkTypes() {
        return Set.copyOf(programs.keySet());
    }

    /** The program for packets of this type, the one that the kernel would run; empty if libpcap refused it. */
    public Optional<ClassicBpf> program(LinkType type) {
        return Optional.ofNullable(programs.get(type));
    }

    /**
     * Whether it tests Ethernet addresses: then it matches nothing where a packet has no Ethernet header, which is in the
     * IP stages and on tun devices.
     */
    public boolean needsEthernet() {
        return needsEthernet;
    }

    /**
     * Whether the packet matches, by the bytes in its snapshot.
     *
     * @return false if the event has no well-formed snapshot
     */
    public boolean matches(EventView event) {
        if (!event.wellFormed() || !event.hasSnapshot()) {
            return false;
        }
        ByteBuffer bytes = event.buffer();
        int limit = Math.min(event.captured(), bytes.limit() - event.headerOffset());
        List<PacketLevel> levels = PacketLevel.of(event);
        // What was skipped before the outer level is not counted: skb->data stands behind it.
        long length = event.len() + levels.get(0).start();
        int vlanTci = event.vlanTci();
        for (PacketLevel level : levels) {
            if (matches(level, bytes, event.headerOffset(), limit, length, vlanTci)) {
                return true;
            }
            if (outerOnly) {
                break;
            }
            vlanTci = -1;
        }
        return false;
    }

    private boolean matches(PacketLevel level, ByteBuffer bytes, int offset, int captured, long length, int vlanTci) {
        ClassicBpf ethernet = programs.get(LinkType.ETHERNET);
        ClassicBpf raw = programs.get(LinkType.RAW_IP);
        boolean frame = level.ethernet() >= 0;
        if (raw != null && level.isIp() && (!frame || ethernet == null)) {
            return run(raw, bytes, offset, level.network(), captured, length - level.start());
        }
        if (ethernet == null || (!frame && needsEthernet)) {
            return false;
        }
        boolean insert = tags && vlanTci >= 0;
        boolean remove = !tags && level.tags() > 0;
        if (frame && !insert && !remove) {
            return run(ethernet, bytes, offset, level.ethernet(), captured, length - level.start());
        }
        ByteBuffer rebuilt = level.frame(bytes, offset, captured, insert ? vlanTci : -1, tags);
        long change = rebuilt.limit() - (captured - level.start());
        return run(ethernet, rebuilt, 0, 0, rebuilt.limit(), length - level.start() + change);
    }

    private static boolean run(ClassicBpf program, ByteBuffer bytes, int offset, int from, int captured, long length) {
        int visible = captured - from;
        return program.run(bytes, offset + from, visible, (int) Math.max(length, visible)) != 0;
    }
}

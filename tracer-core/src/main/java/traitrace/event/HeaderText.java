package traitrace.event;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** Headers as one line for a detail view, outermost first. */
public final class HeaderText {
    private static final String[] TCP_FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    private static final String[] CHECKSUMS = {"none", "unnecessary", "complete", "partial"};
    private static final String[] PACKET_TYPES = {"host", "broadcast", "multicast", "otherhost", "outgoing"};

    private HeaderText() {}

    /**
     * {@code eth 02:.. > 02:.. | ip 10.0.0.1 > 10.0.0.2 ttl 64 id 7 DF | udp 4000 > 53 len 20}: all layers, then
     * {@code truncated} if the snapshot ended too early; empty if nothing is known.
     */
    public static String of(Headers headers) {
        List<String> parts = new ArrayList<>();
        boolean inIp = false;
        for (Layer layer : headers.layers()) {
            // The same number names an IP protocol or, after L2, a frame of IEEE 802.3 that has a length there.
            parts.add(layer instanceof Layer.Unknown unknown && !inIp ? etherType(unknown.protocol()) : of(layer));
            inIp = layer instanceof Layer.Ipv4 || layer instanceof Layer.Ipv6 || layer instanceof Layer.Udp;
        }
        if (headers.truncated()) {
            parts.add("truncated");
        }
        return String.join(" | ", parts);
    }

    /** What the kernel keeps beside the bytes: {@code vlan 10, gso 1448 x 3, checksum partial, type outgoing}. */
    public static String metadata(Headers headers) {
        StringJoiner text = new StringJoiner(", ");
        if (headers.vlanTci() >= 0) {
            text.add("vlan " + vlan(headers.vlanTci()));
        }
        if (headers.gsoSize() > 0) {
            text.add("gso " + gso(headers));
        }
        text.add("checksum " + checksum(headers.checksum()));
        text.add("type " + word(PACKET_TYPES, headers.packetType()));
        return text.toString();
    }

    /** One header in words and numbers; an unknown one below 256 is taken for an IP protocol. */
    public static String of(Layer layer) {
        if (layer instanceof Layer.Ethernet eth) {
            return "eth " + mac(eth.source()) + " > " + mac(eth.destination());
        } else if (layer instanceof Layer.Vlan vlan) {
            return "vlan " + vlan(vlan.tci());
        } else if (layer instanceof Layer.Arp arp) {
            return "arp " + arp(arp);
        } else if (layer instanceof Layer.Ipv4 ip) {
            return ipv4(ip);
        } else if (layer instanceof Layer.Ipv6 ip) {
            return ipv6(ip);
        } else if (layer instanceof Layer.Udp udp) {
            return "udp " + udp.sourcePort() + " > " + udp.destinationPort() + " len " + udp.length();
        } else if (layer instanceof Layer.Tcp tcp) {
            return tcp(tcp);
        } else if (layer instanceof Layer.Icmp icmp) {
            return ProtocolNames.icmp(icmp);
        } else if (layer instanceof Layer.Vxlan vxlan) {
            return "vxlan " + vxlan.vni();
        } else if (layer instanceof Layer.Geneve geneve) {
            return "geneve " + geneve.vni();
        } else if (layer instanceof Layer.Gre gre) {
            return "gre" + (gre.key() < 0 ? "" : " key " + gre.key());
        } else if (layer instanceof Layer.Esp esp) {
            return String.format("esp spi 0x%08x seq %d", esp.spi(), esp.sequence());
        } else if (layer instanceof Layer.Unknown unknown) {
            return unknown.protocol() < 256
                    ? ProtocolNames.protocol(unknown.protocol())
                    : etherType(unknown.protocol());
        }
        throw new AssertionError(layer);
    }

    private static String etherType(int number) {
        return String.format("type 0x%04x", number);
    }

    /** {@code SYN ACK}; empty if no flag is set. */
    public static String tcpFlags(int flags) {
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < TCP_FLAGS.length; i++) {
            if ((flags & 1 << i) != 0) {
                text.add(TCP_FLAGS[i]);
            }
        }
        return text.toString();
    }

    /** The word for skb->ip_summed: none, unnecessary, complete or partial. */
    public static String checksum(int ipSummed) {
        return word(CHECKSUMS, ipSummed);
    }

    /** {@code 1448 x 3}: size and number of the segments; empty if it is not a GSO skb. */
    public static String gso(Headers headers) {
        return headers.gsoSize() > 0 ? headers.gsoSize() + " x " + headers.gsoSegs() : "";
    }

    /** {@code 10}, {@code 10 prio 3}. */
    public static String vlan(int tci) {
        int priority = tci >> 13 & 7;
        return (tci & 0xfff) + (priority == 0 ? "" : " prio " + priority);
    }

    /** {@code 02:00:00:00:00:01}. */
    public static String mac(byte[] address) {
        StringJoiner text = new StringJoiner(":");
        for (byte b : address) {
            text.add(Character.toString(Character.forDigit(b >> 4 & 0xf, 16)) + Character.forDigit(b & 0xf, 16));
        }
        return text.toString();
    }

    static String arp(Layer.Arp arp) {
        IpAddress sender = IpAddress.of(arp.senderIp());
        IpAddress target = IpAddress.of(arp.targetIp());
        return switch (arp.operation()) {
            case 1 -> "who-has " + target + " tell " + sender;
            case 2 -> sender + " is-at " + mac(arp.senderMac());
            default -> sender + " > " + target + " arp operation " + arp.operation();
        };
    }

    private static String ipv4(Layer.Ipv4 ip) {
        StringBuilder text = new StringBuilder("ip ")
                .append(IpAddress.of(ip.source()))
                .append(" > ")
                .append(IpAddress.of(ip.destination()))
                .append(" ttl ")
                .append(ip.ttl())
                .append(" id ")
                .append(ip.id());
        if (ip.tos() != 0) {
            text.append(String.format(" tos 0x%02x", ip.tos()));
        }
        if (ip.dontFragment()) {
            text.append(" DF");
        }
        return text.append(fragment(ip.fragmentOffset(), ip.moreFragments())).toString();
    }

    private static String ipv6(Layer.Ipv6 ip) {
        StringBuilder text = new StringBuilder("ip6 ")
                .append(IpAddress.of(ip.source()))
                .append(" > ")
                .append(IpAddress.of(ip.destination()))
                .append(" hlim ")
                .append(ip.hopLimit());
        if (ip.flowLabel() != 0) {
            text.append(String.format(" flow 0x%05x", ip.flowLabel()));
        }
        if (ip.trafficClass() != 0) {
            text.append(String.format(" class 0x%02x", ip.trafficClass()));
        }
        if (ip.fragmentId() >= 0) {
            text.append(" id ").append(ip.fragmentId());
        }
        return text.append(fragment(ip.fragmentOffset(), ip.moreFragments())).toString();
    }

    private static String fragment(int offset, boolean more) {
        return (more ? " MF" : "") + (offset > 0 ? " offset " + offset : "");
    }

    private static String tcp(Layer.Tcp tcp) {
        String flags = tcpFlags(tcp.flags());
        return "tcp " + tcp.sourcePort() + " > " + tcp.destinationPort() + (flags.isEmpty() ? "" : " " + flags)
                + " seq " + tcp.sequence() + ((tcp.flags() & 16) != 0 ? " ack " + tcp.acknowledgement() : "")
                + " win " + tcp.window();
    }

    private static String word(String[] words, int number) {
        return number >= 0 && number < words.length ? words[number] : Integer.toString(number);
    }
}

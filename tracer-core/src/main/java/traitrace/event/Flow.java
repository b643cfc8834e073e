package traitrace.event;

import java.util.List;
import java.util.Optional;

/**
 * Who talks to whom: the tuple of one IP or ARP header.
 *
 * @param sourcePort 0 to 65,535; -1 = none, or not in this packet (a later fragment)
 * @param destinationPort as {@code sourcePort}
 * @param protocol IP protocol number 0 to 255, or {@link #ARP}
 */
public record Flow(IpAddress source, IpAddress destination, int sourcePort, int destinationPort, int protocol) {
    /** The protocol of a flow that is an ARP question or answer. */
    public static final int ARP = HeaderWalk.ETH_ARP;

    /** Every name that {@link #protocolText} has for a protocol. */
    public static List<String> protocolNames() {
        return ProtocolNames.all();
    }

    /** Of the last IP or ARP header that was captured; empty if there is none. */
    public static Optional<Flow> innermost(Headers headers) {
        return find(headers, true);
    }

    /** Of the first IP or ARP header; empty if there is none. */
    public static Optional<Flow> outermost(Headers headers) {
        return find(headers, false);
    }

    /** The outermost tunnel as {@link Tunnel#text}; empty if the packet is in none. For all of them see {@link Tunnel#of}. */
    public static String encapsulation(Headers headers) {
        return Tunnel.of(headers).stream().findFirst().map(Tunnel::text).orElse("");
    }

    /**
     * The packet in one line, by its innermost header: the text of its flow with what ICMP, ARP and fragments add.
     * {@code 10.0.0.1:4000 > 10.0.0.2:80 tcp SYN}, {@code 10.0.0.1 > 10.0.0.2 icmp echo request id 7 seq 1}, {@code who-has 10.0.0.2 tell 10.0.0.1}. Where there is
     * no IP or ARP header, the Ethernet addresses; empty if nothing is known.
     */
    public static String summary(Headers headers) {
        String summary = "";
        for (Layer layer : headers.layers()) {
            if (layer instanceof Layer.Ethernet ethernet && summary.isEmpty()) {
                summary = String.format(
                        "%s > %s type 0x%04x",
                        HeaderText.mac(ethernet.source()),
                        HeaderText.mac(ethernet.destination()),
                        ethernet.etherType());
            } else if (layer instanceof Layer.Arp arp) {
                summary = HeaderText.arp(arp);
            } else if (layer instanceof Layer.Ipv4 ip) {
                summary = innermost(headers).orElseThrow().text() + fragment(ip.fragmentOffset());
            } else if (layer instanceof Layer.Ipv6 ip) {
                summary = innermost(headers).orElseThrow().text() + fragment(ip.fragmentOffset());
            } else if (layer instanceof Layer.Tcp tcp) {
                summary += " " + HeaderText.tcpFlags(tcp.flags());
            } else if (layer instanceof Layer.Icmp icmp) {
                Flow flow = innermost(headers).orElseThrow();
                summary = flow.source + " > " + flow.destination + " " + ProtocolNames.icmp(icmp);
            }
        }
        return summary;
    }

    private static String fragment(int offset) {
        return offset > 0 ? " fragment at " + offset : "";
    }

    private static Optional<Flow> find(Headers headers, boolean last) {
        Flow flow = null;
        for (Layer layer : headers.layers()) {
            Flow found = of(layer);
            if (found != null) {
                if (flow != null && !last) {
                    break;
                }
                flow = found;
            } else if (flow != null) {
                flow = flow.with(layer);
            }
        }
        return Optional.ofNullable(flow);
    }

    private static Flow of(Layer layer) {
        if (layer instanceof Layer.Ipv4 ip) {
            return new Flow(IpAddress.of(ip.source()), IpAddress.of(ip.destination()), -1, -1, ip.protocol());
        }
        if (layer instanceof Layer.Ipv6 ip) {
            return new Flow(IpAddress.of(ip.source()), IpAddress.of(ip.destination()), -1, -1, ip.protocol());
        }
        if (layer instanceof Layer.Arp arp) {
            return new Flow(IpAddress.of(arp.senderIp()), IpAddress.of(arp.targetIp()), -1, -1, ARP);
        }
        return null;
    }

    /** The protocol is set too: IPv4 may name an authentication header that stands before this one. */
    private Flow with(Layer transport) {
        if (transport instanceof Layer.Udp udp) {
            return new Flow(source, destination, udp.sourcePort(), udp.destinationPort(), 17);
        }
        if (transport instanceof Layer.Tcp tcp) {
            return new Flow(source, destination, tcp.sourcePort(), tcp.destinationPort(), 6);
        }
        if (transport instanceof Layer.Icmp icmp) {
            return new Flow(source, destination, -1, -1, icmp.v6() ? 58 : 1);
        }
        return this;
    }

    /** {@code 10.0.0.1:40000}, {@code [2001:db8::1]:53}, or the address alone. */
    public String sourceText() {
        return source.withPort(sourcePort);
    }

    /** As {@link #sourceText}. */
    public String destinationText() {
        return destination.withPort(destinationPort);
    }

    /** The name of the protocol in lower case; {@code proto N} for one without a name. */
    public String protocolText() {
        return ProtocolNames.protocol(protocol);
    }

    /** {@code 10.0.0.1:40000 > 10.0.0.2:53 udp}. */
    public String text() {
        return sourceText() + " > " + destinationText() + " " + protocolText();
    }
}

package traitrace.export;

import traitrace.event.Headers;
import traitrace.event.IpAddress;
import traitrace.event.Layer;

/**
 * The innermost addresses and ports of a packet, for flat output.
 *
 * @param source IPv4 in dotted form, IPv6 as in RFC 5952; null if there is no IP header
 * @param protocol {@code tcp}, {@code udp}, {@code icmp}, {@code icmpv6}, {@code esp}, {@code gre}; null for another
 * @param sourcePort -1 if there are no ports
 * @param tunnel the tunnel headers from the outside in, {@code vxlan 42}; null if there is none
 */
public record FlowFields(
        String source, String destination, String protocol, int sourcePort, int destinationPort, String tunnel) {
    private static final FlowFields NONE = new FlowFields(null, null, null, -1, -1, null);

    public static FlowFields innermost(Headers headers) {
        FlowFields f = NONE;
        for (Layer layer : headers.layers()) {
            if (layer instanceof Layer.Ipv4 ip) {
                f = new FlowFields(address(ip.source()), address(ip.destination()), null, -1, -1, f.tunnel);
            } else if (layer instanceof Layer.Ipv6 ip) {
                f = new FlowFields(address(ip.source()), address(ip.destination()), null, -1, -1, f.tunnel);
            } else if (layer instanceof Layer.Tcp tcp) {
                f = f.over("tcp", tcp.sourcePort(), tcp.destinationPort());
            } else if (layer instanceof Layer.Udp udp) {
                f = f.over("udp", udp.sourcePort(), udp.destinationPort());
            } else if (layer instanceof Layer.Icmp icmp) {
                f = f.over(icmp.v6() ? "icmpv6" : "icmp", -1, -1);
            } else if (layer instanceof Layer.Esp) {
                f = f.over("esp", -1, -1);
            } else if (layer instanceof Layer.Vxlan vxlan) {
                f = f.inside("vxlan " + vxlan.vni());
            } else if (layer instanceof Layer.Geneve geneve) {
                f = f.inside("geneve " + geneve.vni());
            } else if (layer instanceof Layer.Gre gre) {
                f = f.over("gre", -1, -1).inside(gre.key() < 0 ? "gre" : "gre " + gre.key());
            }
        }
        return f;
    }

    private FlowFields over(String l4, int from, int to) {
        return new FlowFields(source, destination, l4, from, to, tunnel);
    }

    private FlowFields inside(String name) {
        return new FlowFields(
                source,
                destination,
                protocol,
                sourcePort,
                destinationPort,
                tunnel == null ? name : tunnel + ", " + name);
    }

    /** @param bytes 4 or 16, as on the wire */
    static String address(byte[] bytes) {
        return IpAddress.of(bytes).toString();
    }
}

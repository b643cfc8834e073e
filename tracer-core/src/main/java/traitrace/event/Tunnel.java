package traitrace.event;

import java.util.ArrayList;
import java.util.List;

/**
 * An encapsulation that a packet is in, with the addresses of its outer header.
 *
 * @param kind {@code vxlan}, {@code geneve}, {@code gre}, {@code esp}, {@code ipip}, {@code sit} (IPv6 in IPv4) or
 *     {@code ip6tnl} (anything in IPv6)
 * @param id VNI, GRE key or SPI; -1 = it has none
 */
public record Tunnel(String kind, long id, IpAddress source, IpAddress destination) {
    /** Every kind that there is. */
    public static final List<String> KINDS = List.of("vxlan", "geneve", "gre", "esp", "ipip", "sit", "ip6tnl");

    /** The tunnels around a packet, outermost first; also those whose content was not captured. */
    public static List<Tunnel> of(Headers headers) {
        List<Tunnel> tunnels = new ArrayList<>();
        IpAddress source = null;
        IpAddress destination = null;
        for (Layer layer : headers.layers()) {
            String kind = "";
            long id = -1;
            if (layer instanceof Layer.Ipv4 ip) {
                source = IpAddress.of(ip.source());
                destination = IpAddress.of(ip.destination());
                kind = ip.protocol() == 4 ? "ipip" : ip.protocol() == 41 ? "sit" : "";
            } else if (layer instanceof Layer.Ipv6 ip) {
                source = IpAddress.of(ip.source());
                destination = IpAddress.of(ip.destination());
                kind = ip.protocol() == 4 || ip.protocol() == 41 ? "ip6tnl" : "";
            } else if (layer instanceof Layer.Vxlan vxlan) {
                kind = "vxlan";
                id = vxlan.vni();
            } else if (layer instanceof Layer.Geneve geneve) {
                kind = "geneve";
                id = geneve.vni();
            } else if (layer instanceof Layer.Gre gre) {
                kind = "gre";
                id = gre.key();
            } else if (layer instanceof Layer.Esp esp) {
                kind = "esp";
                id = esp.spi();
            }
            if (!kind.isEmpty() && source != null) {
                tunnels.add(new Tunnel(kind, id, source, destination));
            }
        }
        return List.copyOf(tunnels);
    }

    /** {@code vxlan 42 10.9.0.1 > 10.9.0.2}; the SPI of ESP is hexadecimal, as ip(8) has it. */
    public String text() {
        String number = id < 0 ? "" : kind.equals("esp") ? String.format(" 0x%08x", id) : " " + id;
        return kind + number + " " + source + " > " + destination;
    }
}

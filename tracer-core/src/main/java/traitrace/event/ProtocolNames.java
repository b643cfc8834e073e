package traitrace.event;

import java.util.List;
import java.util.stream.IntStream;

/** The words for protocol numbers and ICMP messages, as tcpdump and ip(8) have them. */
final class ProtocolNames {
    private static final String NUMBERED = "proto ";

    private ProtocolNames() {}

    /** The names of all protocols that have one. */
    static List<String> all() {
        return IntStream.concat(IntStream.rangeClosed(0, 255), IntStream.of(HeaderWalk.ETH_ARP))
                .mapToObj(ProtocolNames::protocol)
                .filter(name -> !name.startsWith(NUMBERED))
                .toList();
    }

    /** @param protocol an IP protocol number, or the Ethertype of ARP */
    static String protocol(int protocol) {
        return switch (protocol) {
            case 1 -> "icmp";
            case 2 -> "igmp";
            case 4 -> "ipip";
            case 6 -> "tcp";
            case 17 -> "udp";
            case 41 -> "ip6";
            case 47 -> "gre";
            case 50 -> "esp";
            case 51 -> "ah";
            case 58 -> "icmp6";
            case 89 -> "ospf";
            case 103 -> "pim";
            case 112 -> "vrrp";
            case 132 -> "sctp";
            case 136 -> "udplite";
            case HeaderWalk.ETH_ARP -> "arp";
            default -> NUMBERED + protocol;
        };
    }

    /** {@code icmp echo request id 7 seq 1}. */
    static String icmp(Layer.Icmp icmp) {
        String message = (icmp.v6() ? "icmp6 " : "icmp ") + (icmp.v6() ? icmp6Type(icmp) : icmp4Type(icmp));
        return icmp.id() < 0 ? message : message + " id " + icmp.id() + " seq " + icmp.sequence();
    }

    private static String icmp4Type(Layer.Icmp icmp) {
        return switch (icmp.type()) {
            case 0 -> "echo reply";
            case 3 -> unreachable(icmp.code());
            case 4 -> "source quench";
            case 5 -> "redirect";
            case 8 -> "echo request";
            case 9 -> "router advertisement";
            case 10 -> "router solicitation";
            case 11 -> icmp.code() == 1 ? "reassembly time exceeded" : "time exceeded";
            case 12 -> "parameter problem";
            case 13 -> "timestamp request";
            case 14 -> "timestamp reply";
            default -> "type " + icmp.type() + " code " + icmp.code();
        };
    }

    private static String unreachable(int code) {
        return switch (code) {
            case 0 -> "net unreachable";
            case 1 -> "host unreachable";
            case 2 -> "protocol unreachable";
            case 3 -> "port unreachable";
            case 4 -> "fragmentation needed";
            case 9, 10, 13 -> "admin prohibited";
            default -> "unreachable code " + code;
        };
    }

    private static String icmp6Type(Layer.Icmp icmp) {
        return switch (icmp.type()) {
            case 1 -> unreachable6(icmp.code());
            case 2 -> "packet too big";
            case 3 -> icmp.code() == 1 ? "reassembly time exceeded" : "time exceeded";
            case 4 -> "parameter problem";
            case 128 -> "echo request";
            case 129 -> "echo reply";
            case 130 -> "multicast listener query";
            case 131, 143 -> "multicast listener report";
            case 132 -> "multicast listener done";
            case 133 -> "router solicitation";
            case 134 -> "router advertisement";
            case 135 -> "neighbor solicitation";
            case 136 -> "neighbor advertisement";
            case 137 -> "redirect";
            default -> "type " + icmp.type() + " code " + icmp.code();
        };
    }

    private static String unreachable6(int code) {
        return switch (code) {
            case 0 -> "no route";
            case 1 -> "admin prohibited";
            case 3 -> "address unreachable";
            case 4 -> "port unreachable";
            default -> "unreachable code " + code;
        };
    }
}

package traitrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.PacketBytes.*;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class FlowTest {
    private static final byte[] NOTHING = {};

    private static byte[] dns() {
        return ipv4("10.0.0.1", "10.0.0.2", 17, udp(40000, 53, PacketBytes.text(12)));
    }

    private static Headers packet(byte[] bytes) {
        return SnapshotEvent.packet(bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd, bytes).parse();
    }

    private static String summary(byte[] bytes) {
        return Flow.summary(packet(bytes));
    }

    @Test
    void isTheTupleOfThePacket() {
        Flow flow = Flow.innermost(packet(dns())).orElseThrow();
        assertThat(flow).isEqualTo(new Flow(IpAddress.of(ip("10.0.0.1")), IpAddress.of(ip("10.0.0.2")), 40000, 53, 17));
        assertThat(flow.text()).isEqualTo("10.0.0.1:40000 > 10.0.0.2:53 udp");
        assertThat(Flow.innermost(Headers.NONE)).isEmpty();
        assertThat(Flow.summary(Headers.NONE)).isEmpty();
    }

    @Test
    void putsIpv6InBracketsOnlyBeforeAPort() {
        assertThat(summary(ipv6("2001:db8::1", "2001:db8::2", 6, tcp(1, 53, 2, NOTHING, NOTHING))))
                .isEqualTo("[2001:db8::1]:1 > [2001:db8::2]:53 tcp SYN");
        assertThat(summary(ipv6("2001:db8::1", "2001:db8::2", 58, icmp(128, 0, 7, 1))))
                .isEqualTo("2001:db8::1 > 2001:db8::2 icmp6 echo request id 7 seq 1");
    }

    @Test
    void saysWhatIcmpAndArpAsk() {
        assertThat(summary(ipv4("10.0.0.1", "10.0.0.2", 1, icmp(8, 0, 7, 1))))
                .isEqualTo("10.0.0.1 > 10.0.0.2 icmp echo request id 7 seq 1");
        Headers request =
                SnapshotEvent.packet(0x0806, arp(1, "10.0.0.1", "10.0.0.2")).parse();
        assertThat(Flow.summary(request)).isEqualTo("who-has 10.0.0.2 tell 10.0.0.1");
        assertThat(Flow.innermost(request).orElseThrow().text()).isEqualTo("10.0.0.1 > 10.0.0.2 arp");
        Headers reply =
                SnapshotEvent.packet(0x0806, arp(2, "10.0.0.2", "10.0.0.1")).parse();
        assertThat(Flow.summary(reply)).isEqualTo("10.0.0.2 is-at 02:00:00:00:00:01");
    }

    @Test
    void hasNoPortsInALaterFragment() {
        assertThat(summary(ipv4("10.0.0.1", "10.0.0.2", 17, 64, 7, 185, NOTHING, PacketBytes.text(16))))
                .isEqualTo("10.0.0.1 > 10.0.0.2 udp fragment at 1480");
    }

    @Test
    void namesTheEthernetAddressesWhereThereIsNoIp() {
        Headers lldp =
                SnapshotEvent.frame(ethernet(0x88cc, PacketBytes.text(20))).parse();
        assertThat(Flow.innermost(lldp)).isEqualTo(Optional.empty());
        assertThat(Flow.summary(lldp)).isEqualTo("02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x88cc");
    }

    @Test
    void tellsTheInsideOfATunnelFromItsOutside() {
        Headers headers = packet(ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, vxlan(42, ethernet(0x0800, dns())))));
        assertThat(Flow.innermost(headers).orElseThrow().text()).isEqualTo("10.0.0.1:40000 > 10.0.0.2:53 udp");
        assertThat(Flow.outermost(headers).orElseThrow().text()).isEqualTo("10.9.0.1:5 > 10.9.0.2:4789 udp");
        assertThat(Flow.encapsulation(headers)).isEqualTo("vxlan 42 10.9.0.1 > 10.9.0.2");
        assertThat(Flow.encapsulation(packet(dns()))).isEmpty();
    }

    @Test
    void listsNestedTunnelsOutermostFirst() {
        byte[] six = ipv6("fd00::1", "fd00::2", 4, dns());
        byte[] gre = ipv4("10.8.0.1", "10.8.0.2", 47, gre(0x2000, 0x86dd, u32(9), six));
        byte[] sit = ipv4("10.7.0.1", "10.7.0.2", 4, gre);
        assertThat(Tunnel.of(packet(sit)).stream().map(Tunnel::text))
                .containsExactly("ipip 10.7.0.1 > 10.7.0.2", "gre 9 10.8.0.1 > 10.8.0.2", "ip6tnl fd00::1 > fd00::2");
        byte[] esp = ipv4("10.9.0.1", "10.9.0.2", 50, join(u32(0xc0ffee), u32(1)));
        assertThat(Flow.encapsulation(packet(esp))).isEqualTo("esp 0x00c0ffee 10.9.0.1 > 10.9.0.2");
        byte[] geneve = ipv4("10.9.0.1", "10.9.0.2", 17, udp(1, 6081, geneve(0, 0x0800, 0, dns())));
        assertThat(Flow.encapsulation(packet(geneve))).isEqualTo("geneve 0 10.9.0.1 > 10.9.0.2");
        byte[] sit6 = ipv4("10.9.0.1", "10.9.0.2", 41, ipv6("::1", "::2", 59, NOTHING));
        assertThat(Flow.encapsulation(packet(sit6))).isEqualTo("sit 10.9.0.1 > 10.9.0.2");
    }
}

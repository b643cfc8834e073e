package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static traitrace.event.PacketBytes.*;
import static traitrace.filter.CaptureFilter.LinkType.ETHERNET;
import static traitrace.filter.CaptureFilter.LinkType.RAW_IP;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import traitrace.TracerException;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.event.SnapshotEvent;
import traitrace.kernel.Pcap;

class CaptureFilterTest {
    private static final byte[] DNS = ipv4("10.0.0.1", "10.0.0.2", 17, udp(4000, 53, text(12)));
    private static final SnapshotEvent FRAME = SnapshotEvent.frame(ethernet(0x0800, DNS));
    private static final SnapshotEvent PACKET = SnapshotEvent.packet(0x0800, DNS);
    private static final SnapshotEvent TAGGED = SnapshotEvent.frame(ethernet(0x8100, vlan(10, 0x0800, DNS)));
    private static final SnapshotEvent VXLAN = SnapshotEvent.frame(
            ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, vxlan(42, ethernet(0x0800, DNS))))));
    private static final SnapshotEvent IPIP = SnapshotEvent.packet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 4, DNS));
    private static final SnapshotEvent ARP = SnapshotEvent.packet(0x0806, arp(1, "10.0.0.1", "10.0.0.2"));

    @BeforeEach
    void needsLibpcap() {
        assumeTrue(Pcap.available(), "libpcap is not installed: apt install libpcap0.8");
    }

    private static boolean matches(String expression, SnapshotEvent event) {
        return CaptureFilter.compile(expression).matches(event.view());
    }

    @Test
    void matchesFromEthernetAndFromIp() {
        for (SnapshotEvent event : new SnapshotEvent[] {FRAME, PACKET, TAGGED}) {
            assertThat(matches("host 10.0.0.1 and udp port 53", event)).isTrue();
            assertThat(matches("tcp or port 54", event)).isFalse();
            assertThat(matches("not port 53", event)).isFalse();
            assertThat(matches("", event)).isTrue();
        }
    }

    @Test
    void matchesInsideTunnelsUnlessToldNotTo() {
        for (SnapshotEvent event : new SnapshotEvent[] {VXLAN, IPIP}) {
            assertThat(matches("host 10.0.0.1 and udp port 53", event)).isTrue();
            assertThat(matches("host 10.9.0.1", event)).isTrue();
            assertThat(matches("host 10.0.0.3", event)).isFalse();
            assertThat(CaptureFilter.compile("host 10.0.0.1", true).matches(event.view()))
                    .isFalse();
            assertThat(CaptureFilter.compile("host 10.9.0.1", true).matches(event.view()))
                    .isTrue();
        }
    }

    @Test
    void usesTheOnlyLinkTypeForWhichTheExpressionIsValid() {
        CaptureFilter ether = CaptureFilter.compile("ether host 02:00:00:00:00:01");
        assertThat(ether.linkTypes()).containsExactly(ETHERNET);
        assertThat(ether.needsEthernet()).isTrue();
        assertThat(ether.program(RAW_IP)).isEmpty();
        assertThat(ether.matches(FRAME.view())).isTrue();
        assertThat(ether.matches(PACKET.view())).isFalse();
        assertThat(ether.matches(VXLAN.view())).isTrue();
        CaptureFilter both = CaptureFilter.compile("udp");
        assertThat(both.linkTypes()).containsExactlyInAnyOrder(ETHERNET, RAW_IP);
        assertThat(both.needsEthernet()).isFalse();
    }

    @Test
    void findsArpWithOrWithoutItsEthernetHeader() {
        assertThat(matches("arp", ARP)).isTrue();
        assertThat(matches("arp host 10.0.0.2", ARP)).isTrue();
        assertThat(matches("not arp", ARP)).isFalse();
        assertThat(matches("arp", SnapshotEvent.frame(ethernet(0x0806, ARP.bytes()))))
                .isTrue();
        assertThat(matches("arp", PACKET)).isFalse();
        assertThat(CaptureFilter.compile("arp").needsEthernet()).isFalse();
    }

    @Test
    void seesTagsOnlyIfTheExpressionAsksForThem() {
        assertThat(matches("vlan 10", TAGGED)).isTrue();
        assertThat(matches("vlan 10 and port 53", TAGGED)).isTrue();
        assertThat(matches("vlan 11", TAGGED)).isFalse();
        assertThat(matches("not vlan", TAGGED)).isFalse();
        assertThat(matches("vlan 10 and port 53", FRAME)).isFalse();
        assertThat(matches("vlan 10 and port 53", FRAME.withVlan(10))).isTrue();
        assertThat(matches("vlan 10 and port 53", PACKET.withVlan(10))).isTrue();
        assertThat(matches("vlan 20 and vlan 10 and port 53", TAGGED.withVlan(20)))
                .isTrue();
        assertThat(matches("not vlan", PACKET)).isTrue();
        SnapshotEvent atTheTag = SnapshotEvent.packet(0x8100, vlan(10, 0x0800, DNS));
        assertThat(matches("port 53", atTheTag)).isTrue();
        assertThat(matches("vlan 10 and port 53", atTheTag)).isTrue();
    }

    @Test
    void takesTheLengthFromTheSkb() {
        assertThat(matches("len = 1514", FRAME.withLength(1514))).isTrue();
        assertThat(matches("len = 1500", PACKET.withLength(1500))).isTrue();
        assertThat(matches("len = 1510", TAGGED.withLength(1514))).isTrue();
        // 50 bytes of outer headers stand before the inner frame.
        assertThat(matches("len = 1464 and host 10.0.0.1", VXLAN.withLength(1514)))
                .isTrue();
        assertThat(matches("len = 4294967295", PACKET.withLength(4_294_967_295L)))
                .isTrue();
        assertThat(matches("len = " + FRAME.bytes().length, FRAME.withLength(0)))
                .isTrue();
    }

    @Test
    void doesNotMatchWhatWasNotCaptured() {
        assertThat(matches("port 53", FRAME.cutTo(34))).isFalse();
        assertThat(matches("not port 53", FRAME.cutTo(34))).isFalse();
        assertThat(matches("host 10.0.0.1", FRAME.cutTo(34))).isTrue();
        assertThat(matches("", FRAME.cutTo(0))).isTrue();
        assertThat(matches("tcp", FRAME.cutTo(0))).isFalse();
        // The Ethertype is known all the same: it is that of the skb.
        assertThat(matches("ip", FRAME.cutTo(0))).isTrue();
    }

    @Test
    void doesNotMatchAnEventWithoutASnapshot() {
        EventView view = FRAME.view();
        view.buffer().put(view.offset() + EventLayout.FLAGS, (byte) 0);
        assertThat(CaptureFilter.compile("").matches(view)).isFalse();
    }

    @Test
    void saysWhatIsWrongInLibpcapsWords() {
        assertThatThrownBy(() -> CaptureFilter.compile("tcp port foo"))
                .isInstanceOfSatisfying(
                        TracerException.class, e -> assertThat(e.kind()).isEqualTo(TracerException.Kind.USAGE))
                .hasMessage("capture filter \"tcp port foo\": unknown port 'foo' (at character 10)");
        assertThatThrownBy(() -> CaptureFilter.compile("ether host zz:1")).hasMessageContaining("'zz'");
        assertThatThrownBy(() -> CaptureFilter.compile("inbound and tcp"))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("direction");
    }

    @Test
    void refusesWhatTheKernelWouldNotRun() {
        assertThatThrownBy(() -> CaptureFilter.compile("ip6 protochain 6"))
                .isInstanceOfSatisfying(
                        TracerException.class, e -> assertThat(e.kind()).isEqualTo(TracerException.Kind.USAGE))
                .hasMessageContaining("ip6 protochain 6");
    }

    @Test
    void refusesAnExpressionThatWouldOverrunLibpcap() {
        assertThatThrownBy(() -> CaptureFilter.compile("host 10.0.0.1 or ".repeat(300) + "arp"))
                .isInstanceOfSatisfying(
                        TracerException.class, e -> assertThat(e.kind()).isEqualTo(TracerException.Kind.USAGE))
                .hasMessageContaining("5103 bytes");
    }

    @Property(tries = 10_000)
    void neverThrowsOnAnyBytes(
            @ForAll @Size(max = 140) byte[] bytes,
            @ForAll @IntRange(max = 130) int captured,
            @ForAll @IntRange(max = 40) int network,
            @ForAll @IntRange(max = 6) int protocol,
            @ForAll @IntRange(min = -1, max = 0xffff) int vlanTci) {
        assumeTrue(Pcap.available(), "libpcap is not installed: apt install libpcap0.8");
        int[] protocols = {0, 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x6558};
        EventView view = SnapshotEvent.of(bytes, network, protocols[protocol])
                .cutTo(captured)
                .withVlan(vlanTci)
                .encapsulated()
                .view();
        for (CaptureFilter filter : Filters.ALL) {
            filter.matches(view);
        }
    }

    /** Compiled once. */
    private static final class Filters {
        static final CaptureFilter[] ALL = {
            CaptureFilter.compile("vlan and host 10.0.0.1"),
            CaptureFilter.compile("port 53 and ip[(ip[0] & 0xf) << 2] = 0"),
            CaptureFilter.compile("arp"),
            CaptureFilter.compile("ether host 02:00:00:00:00:01"),
            CaptureFilter.compile("", true),
        };
    }
}

package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.PacketBytes.*;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import traitrace.event.Flow;
import traitrace.event.SnapshotEvent;

class FingerprintTest {
    private static final byte[] NOTHING = {};
    private static final byte[] UDP = ipv4("10.0.0.1", "10.0.0.2", 17, udp(4000, 53, text(16)));
    private static final byte[] TCP = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(4000, 53, 0x10, NOTHING, text(16)));
    private static final byte[] UDP6 = ipv6("2001:db8::1", "2001:db8::2", 17, udp(4000, 53, text(16)));

    private static Fingerprint read(SnapshotEvent event) {
        Fingerprint print = new Fingerprint();
        print.read(event.view());
        return print;
    }

    private static SnapshotEvent packet(byte[] bytes) {
        return SnapshotEvent.packet(bytes[0] >> 4 == 6 ? 0x86dd : 0x0800, bytes);
    }

    private static Fingerprint of(byte[] bytes) {
        return read(packet(bytes));
    }

    private static byte[] inUdp(int port, byte[] payload) {
        return ipv4("10.9.0.1", "10.9.0.2", 17, udp(777, port, payload));
    }

    private static byte[] in(int protocol, byte[] payload) {
        return ipv4("10.9.0.1", "10.9.0.2", protocol, payload);
    }

    /** Everything that was read, so that two can be compared. */
    private static List<Object> fields(Fingerprint p) {
        return p.known
                ? List.of(
                        p.flow,
                        p.hosts,
                        p.protocol,
                        p.id,
                        p.dontFragment,
                        p.moreFragments,
                        p.fragmentOffset,
                        p.payloadLength,
                        p.sequence,
                        p.tcpFlags,
                        p.udpLength,
                        p.whole())
                : List.of();
    }

    @Test
    void readsUdpOverIpv4() {
        Fingerprint print = of(ipv4("10.0.0.1", "10.0.0.2", 17, 64, 258, 0, NOTHING, udp(4000, 53, text(16))));

        assertThat(print.known).isTrue();
        assertThat(print.isUdp()).isTrue();
        assertThat(print.isTcp()).isFalse();
        assertThat(print.isFragment()).isFalse();
        assertThat(print.id).isEqualTo(258);
        assertThat(print.dontFragment).isFalse();
        assertThat(print.payloadLength).isEqualTo(16);
        assertThat(print.udpLength).isEqualTo(24);
        assertThat(print.distinct()).isTrue();
    }

    @Test
    void doesNotTakeADatagramWithoutIdForDistinct() {
        Fingerprint print = of(ipv4("10.0.0.1", "10.0.0.2", 17, 64, 0, 0x4000, NOTHING, udp(4000, 53, text(16))));

        assertThat(print.dontFragment).isTrue();
        assertThat(print.distinct()).isFalse();
        assertThat(of(UDP6).distinct()).isFalse();
        assertThat(of(TCP).distinct()).as("sequence numbers tell").isTrue();
    }

    @Test
    void readsTcpBehindOptionsOfBothHeaders() {
        byte[] segment = tcp(4000, 80, 0x13, new byte[12], text(5));
        Fingerprint print = of(ipv4("10.0.0.1", "10.0.0.2", 6, 64, 1, 0x4000, new byte[8], segment));

        assertThat(print.isTcp()).isTrue();
        assertThat(print.sequence).isEqualTo(0xfffffff0L);
        assertThat(print.tcpFlags).isEqualTo(0x13);
        assertThat(print.payloadLength).isEqualTo(5);
        assertThat(print.sequenceLength()).as("SYN and FIN use one each").isEqualTo(7);
        assertThat(print.flow).isEqualTo(of(ipv4("10.0.0.1", "10.0.0.2", 6, tcp(4000, 80, 0, NOTHING, NOTHING))).flow);
    }

    @Test
    void keepsEchoesOfOneProcessApartBySequence() {
        Fingerprint first = of(in(1, icmp(8, 0, 7, 1)));
        Fingerprint second = of(in(1, icmp(8, 0, 7, 2)));

        assertThat(first.flow).isEqualTo(second.flow);
        assertThat(first.sequence).isEqualTo(1);
        assertThat(first.payloadLength).isEqualTo(8);
        assertThat(first.whole()).isNotEqualTo(second.whole());
        assertThat(of(in(1, icmp(8, 0, 8, 1))).flow).isNotEqualTo(first.flow);
        assertThat(of(in(1, icmp(0, 0, 7, 1))).flow).isNotEqualTo(first.flow);
        assertThat(of(ipv6("::1", "::2", 58, icmp(128, 0, 7, 3))).sequence).isEqualTo(3);
    }

    @Test
    void findsTheTransportHeaderBehindExtensionHeaders() {
        byte[] datagram = udp(4000, 53, text(16));
        byte[] options = extension(43, 1, extension(60, 0, extension(17, 0, datagram)));
        Fingerprint print = of(ipv6("2001:db8::1", "2001:db8::2", 0, options));

        assertThat(print.isUdp()).isTrue();
        assertThat(print.payloadLength).isEqualTo(16);
        assertThat(print.flow).isEqualTo(of(UDP6).flow);
    }

    @Test
    void givesAllFragmentsOfAPacketTheSameHostsAndId() {
        byte[] body = udp(4000, 53, text(40));
        Fingerprint first = of(ipv4("10.0.0.1", "10.0.0.2", 17, 64, 9, 0x2000, NOTHING, body));
        Fingerprint last = of(ipv4("10.0.0.1", "10.0.0.2", 17, 64, 9, 6, NOTHING, text(30)));

        assertThat(first.isFragment()).isTrue();
        assertThat(last.isFragment()).isTrue();
        assertThat(last.isUdp()).as("has no ports").isFalse();
        assertThat(last.fragmentOffset).isEqualTo(48);
        assertThat(last.payloadLength).isEqualTo(30);
        assertThat(last.hosts).isEqualTo(first.hosts);
        assertThat(last.id).isEqualTo(first.id);
        assertThat(last.flow).as("ports are not known").isNotEqualTo(first.flow);
    }

    @Test
    void readsTheFragmentHeaderOfIpv6() {
        Fingerprint first = of(ipv6("::1", "::2", 44, fragment6(17, 0, true, 0xfedcba98L, udp(1, 2, text(40)))));
        Fingerprint last = of(ipv6("::1", "::2", 44, fragment6(17, 48, false, 0xfedcba98L, text(30))));

        assertThat(first.isFragment() && last.isFragment()).isTrue();
        assertThat(first.id).isEqualTo(0xfedcba98L);
        assertThat(first.payloadLength).isEqualTo(40);
        assertThat(last.id).isEqualTo(first.id);
        assertThat(last.fragmentOffset).isEqualTo(48);
        assertThat(last.payloadLength).isEqualTo(30);
        assertThat(last.hosts).isEqualTo(first.hosts);
    }

    @Test
    void readsThePacketInATunnelAsWithoutIt() {
        byte[] frame = ethernet(0x0800, UDP);
        List<byte[]> tunnels = List.of(
                inUdp(4789, vxlan(42, frame)),
                inUdp(8472, vxlan(42, frame)),
                inUdp(6081, geneve(42, 0x6558, 0, frame)),
                inUdp(6081, geneve(42, 0x6558, 3, frame)),
                in(47, gre(0, 0x0800, NOTHING, UDP)),
                in(47, gre(0x2000, 0x0800, u32(5), UDP)),
                in(47, gre(0xb000, 0x6558, new byte[12], frame)),
                in(4, UDP),
                ipv6("::1", "::2", 4, UDP),
                in(4, in(4, UDP)));

        for (byte[] tunnel : tunnels) {
            assertThat(fields(of(tunnel))).isEqualTo(fields(of(UDP)));
        }
        assertThat(fields(of(in(41, UDP6)))).isEqualTo(fields(of(UDP6)));
    }

    @Test
    void readsTheOuterHeaderWhereTheInnerOneIsNotThere() {
        byte[] vxlan = inUdp(4789, vxlan(42, ethernet(0x0800, UDP)));
        Fingerprint cut = read(packet(vxlan).cutTo(60));

        assertThat(cut.known).isTrue();
        assertThat(cut.flow).isEqualTo(of(inUdp(4789, NOTHING)).flow);
        assertThat(of(inUdp(4789, vxlan(42, ethernet(0x0806, arp(1, "10.0.0.1", "10.0.0.2"))))).flow)
                .isEqualTo(cut.flow);
    }

    @Test
    void passesOverTagsInTheBytes() {
        byte[] tagged = ethernet(0x88a8, vlan(5, 0x8100, vlan(6, 0x0800, UDP)));

        assertThat(fields(read(SnapshotEvent.frame(tagged)))).isEqualTo(fields(of(UDP)));
        assertThat(fields(read(SnapshotEvent.frame(ethernet(0x0800, UDP))))).isEqualTo(fields(of(UDP)));
    }

    @Test
    void knowsNothingWhereThereIsNoIpHeader() {
        assertThat(of(arp(1, "10.0.0.1", "10.0.0.2")).known).isFalse();
        assertThat(read(packet(UDP).cutTo(19)).known).isFalse();
        assertThat(read(packet(UDP6).cutTo(39)).known).isFalse();
        assertThat(read(SnapshotEvent.of(UDP, 60_000, 0x0800)).known).isFalse();
    }

    @Test
    void forgetsThePacketBefore() {
        Fingerprint print = new Fingerprint();
        print.read(packet(TCP).view());
        print.read(packet(UDP).view());
        assertThat(fields(print)).isEqualTo(fields(of(UDP)));

        print.read(packet(arp(1, "10.0.0.1", "10.0.0.2")).view());
        assertThat(print.isTcp() || print.isUdp() || print.isFragment()).isFalse();
    }

    @Test
    void tellsApartWhatTheParserTellsApart() {
        byte[] back = ipv4("10.0.0.2", "10.0.0.1", 17, udp(53, 4000, text(16)));
        List<byte[]> packets = new ArrayList<>(List.of(
                UDP,
                TCP,
                UDP6,
                back,
                ipv4("10.0.0.1", "10.0.0.3", 17, udp(4000, 53, text(16))),
                ipv4("10.0.0.1", "10.0.0.2", 17, udp(4001, 53, text(16))),
                ipv4("10.0.0.1", "10.0.0.2", 17, udp(4000, 54, text(16))),
                ipv4("10.0.0.1", "10.0.0.2", 17, 3, 99, 0, new byte[4], udp(4000, 53, text(2))),
                ipv4("10.0.0.1", "10.0.0.2", 17, 64, 7, 3, NOTHING, text(16)),
                ipv6("2001:db8::1", "2001:db8::3", 17, udp(4000, 53, text(16))),
                ipv6("2001:db8::1", "2001:db8::2", 0, extension(17, 0, udp(4000, 53, NOTHING))),
                in(50, join(u32(1), u32(2), text(16)))));
        for (byte[] inner : List.copyOf(packets)) {
            boolean v6 = inner[0] >> 4 == 6;
            packets.add(inUdp(4789, vxlan(1, ethernet(v6 ? 0x86dd : 0x0800, inner))));
            packets.add(in(v6 ? 41 : 4, inner));
        }
        for (byte[] a : packets) {
            Flow flow = Flow.innermost(packet(a).parse()).orElseThrow();
            assertThat(of(a).protocol).isEqualTo(flow.protocol());
            for (byte[] b : packets) {
                boolean same = flow.equals(Flow.innermost(packet(b).parse()).orElseThrow());
                assertThat(of(a).flow == of(b).flow)
                        .as("%s and %s", packet(a).parse(), packet(b).parse())
                        .isEqualTo(same);
            }
        }
    }

    @Test
    void readsNothingBehindTheEndOfHeadersThatWereCut() {
        List<byte[]> packets = List.of(
                TCP,
                UDP6,
                in(1, icmp(8, 0, 7, 1)),
                in(47, gre(0x2000, 0x0800, u32(5), UDP)),
                inUdp(6081, geneve(42, 0x6558, 3, ethernet(0x0800, UDP))),
                ipv6("::1", "::2", 0, extension(44, 1, fragment6(17, 0, true, 9, udp(1, 2, text(40))))));
        for (byte[] whole : packets) {
            for (int cut = 0; cut <= whole.length; cut++) {
                byte[] other = whole.clone();
                for (int i = cut; i < other.length; i++) {
                    other[i] ^= 0x5a;
                }
                assertThat(fields(read(SnapshotEvent.packet(0x0800, whole).cutTo(cut))))
                        .as("cut to %d", cut)
                        .isEqualTo(
                                fields(read(SnapshotEvent.packet(0x0800, other).cutTo(cut))));
            }
        }
    }

    @Property
    void readsAnyBytesAndNothingBehindThem(
            @ForAll @Size(max = 128) byte[] bytes,
            @ForAll @IntRange(max = 128) int captured,
            @ForAll @IntRange(max = 200) int network,
            @ForAll @IntRange(max = 2) int start) {
        byte[] soup = bytes.clone();
        if (network < soup.length) {
            soup[network] = (byte) (start == 0 ? soup[network] : start == 1 ? 0x45 : 0x60);
        }
        int protocol = start == 2 ? 0x8100 : 0x0800;
        byte[] other = soup.clone();
        int cut = Math.min(captured, soup.length);
        for (int i = cut; i < other.length; i++) {
            other[i] ^= 0x5a;
        }

        assertThat(fields(read(SnapshotEvent.of(soup, network, protocol).cutTo(cut))))
                .isEqualTo(
                        fields(read(SnapshotEvent.of(other, network, protocol).cutTo(cut))));
    }

    @Property
    void readsTunnelsWithinTunnelsToAnEnd(@ForAll @Size(max = 6) List<@IntRange(max = 2) Integer> kinds) {
        byte[] packet = UDP;
        for (int kind : kinds) {
            packet = switch (kind) {
                case 0 -> in(4, packet);
                case 1 -> in(47, gre(0, 0x0800, NOTHING, packet));
                default -> inUdp(4789, vxlan(1, ethernet(0x0800, packet)));
            };
        }

        assertThat(of(packet).known).isTrue();
    }
}

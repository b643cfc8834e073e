package traitrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.PacketBytes.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HeaderParserTest {
    private static final byte[] NOTHING = {};

    private static String text(SnapshotEvent event) {
        return HeaderText.of(event.parse());
    }

    private static byte[] dns() {
        return ipv4("10.0.0.1", "10.0.0.2", 17, udp(4000, 53, PacketBytes.text(12)));
    }

    private static final String DNS = "ip 10.0.0.1 > 10.0.0.2 ttl 64 id 7 DF | udp 4000 > 53 len 20";
    private static final String ETH = "eth 02:00:00:00:00:01 > 02:00:00:00:00:02";

    @Test
    void readsEveryFieldOfIpv4AndUdp() {
        Headers headers = SnapshotEvent.frame(ethernet(0x0800, dns())).parse();
        assertThat(headers.truncated()).isFalse();
        assertThat(headers.packetType()).isEqualTo(4);
        assertThat(headers.layers()).hasSize(3);
        Layer.Ethernet eth = (Layer.Ethernet) headers.layers().get(0);
        assertThat(eth.source()).isEqualTo(mac(MAC_A));
        assertThat(eth.destination()).isEqualTo(mac(MAC_B));
        assertThat(eth.etherType()).isEqualTo(0x0800);
        Layer.Ipv4 ip = (Layer.Ipv4) headers.layers().get(1);
        assertThat(ip)
                .isEqualTo(new Layer.Ipv4(ip.source(), ip.destination(), 17, 40, 7, 64, 0, true, false, 0, 0xbeef));
        assertThat(ip.source()).isEqualTo(ip("10.0.0.1"));
        assertThat(headers.layers().get(2)).isEqualTo(new Layer.Udp(4000, 53, 20, 0x1234));
    }

    @Test
    void beginsAtTheNetworkHeaderIfThereIsNoL2() {
        assertThat(text(SnapshotEvent.packet(0x0800, dns()))).isEqualTo(DNS);
    }

    @Test
    void guessesTheVersionIfTheProtocolIsNotSetYet() {
        assertThat(text(SnapshotEvent.packet(0, dns()))).isEqualTo(DNS);
        assertThat(text(SnapshotEvent.packet(3, ipv6("::1", "::2", 59, NOTHING))))
                .isEqualTo("ip6 ::1 > ::2 hlim 63 flow 0x12345");
        assertThat(SnapshotEvent.packet(0, bytes(0xff, 1)).parse().layers()).containsExactly(new Layer.Unknown(0));
    }

    @Test
    void skipsAnL2HeaderThatIsNotEthernet() {
        assertThat(text(SnapshotEvent.of(join(PacketBytes.text(4), dns()), 4, 0x0800)))
                .isEqualTo(DNS);
        assertThat(text(SnapshotEvent.of(join(PacketBytes.text(24), dns()), 24, 0x0800)))
                .isEqualTo(DNS);
    }

    @Test
    void doesNotShowAnOuterHeaderThatTheKernelHasTakenOff() {
        byte[] frame = ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 4, dns()));
        assertThat(text(SnapshotEvent.of(frame, 34, 0x0800))).isEqualTo(DNS);
    }

    @Test
    void readsVlanTagsInTheL2BytesAndAfterThem() {
        byte[] frame = ethernet(0x88a8, vlan(100, 0x8100, vlan(0x600a, 0x0800, dns())));
        String expected = ETH + " | vlan 100 | vlan 10 prio 3 | " + DNS;
        assertThat(text(SnapshotEvent.of(frame, 14, 0x88a8))).isEqualTo(expected);
        assertThat(text(SnapshotEvent.of(frame, 18, 0x8100))).isEqualTo(expected);
        assertThat(text(SnapshotEvent.of(frame, 22, 0x0800))).isEqualTo(expected);
        assertThat(text(SnapshotEvent.packet(0x8100, vlan(10, 0x0800, dns())))).isEqualTo("vlan 10 | " + DNS);
    }

    @Test
    void readsArp() {
        SnapshotEvent event = SnapshotEvent.frame(ethernet(0x0806, arp(1, "10.0.0.1", "10.0.0.2")));
        assertThat(text(event)).isEqualTo(ETH + " | arp who-has 10.0.0.2 tell 10.0.0.1");
        byte[] infiniband = arp(1, "10.0.0.1", "10.0.0.2");
        infiniband[1] = 32;
        assertThat(SnapshotEvent.packet(0x0806, infiniband).parse().layers())
                .containsExactly(new Layer.Unknown(0x0806));
    }

    @Test
    void passesOverIpv4Options() {
        byte[] options = bytes(7, 7, 4, 0, 0, 0, 0, 0);
        byte[] packet = ipv4("10.0.0.1", "10.0.0.2", 17, 1, 0, 0, options, udp(1, 2, NOTHING));
        assertThat(text(SnapshotEvent.packet(0x0800, packet)))
                .isEqualTo("ip 10.0.0.1 > 10.0.0.2 ttl 1 id 0 | udp 1 > 2 len 8");
    }

    @Test
    void readsTcpWithOptions() {
        byte[] packet = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40000, 80, 0x12, new byte[20], PacketBytes.text(3)));
        Headers headers = SnapshotEvent.packet(0x0800, packet).parse();
        assertThat(headers.layers().get(1))
                .isEqualTo(new Layer.Tcp(40000, 80, 0xfffffff0L, 0x80000001L, 0x12, 64240, 40, 0xabcd));
        assertThat(HeaderText.of(headers)).endsWith("tcp 40000 > 80 SYN ACK seq 4294967280 ack 2147483649 win 64240");
    }

    @Test
    void readsIcmp() {
        assertThat(text(SnapshotEvent.packet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 1, icmp(8, 0, 7, 1)))))
                .endsWith("| icmp echo request id 7 seq 1");
        assertThat(text(SnapshotEvent.packet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 1, icmp(3, 3, 0, 0)))))
                .endsWith("| icmp port unreachable");
        assertThat(text(SnapshotEvent.packet(0x86dd, ipv6("fe80::1", "ff02::1", 58, icmp(129, 0, 9, 65535)))))
                .endsWith("| icmp6 echo reply id 9 seq 65535");
        assertThat(text(SnapshotEvent.packet(0x86dd, ipv6("fe80::1", "ff02::1", 1, icmp(8, 0, 9, 1)))))
                .endsWith("| icmp");
    }

    @Test
    void walksIpv6ExtensionHeaders() {
        byte[] udp = udp(1, 2, NOTHING);
        byte[] chain = extension(43, 1, extension(60, 0, extension(51, 0, authentication(17, udp))));
        byte[] packet = ipv6("2001:db8::1", "2001:db8::2", 0, chain);
        Headers headers = SnapshotEvent.packet(0x86dd, packet).parse();
        Layer.Ipv6 ip = (Layer.Ipv6) headers.layers().get(0);
        assertThat(ip.protocol()).isEqualTo(17);
        assertThat(ip.fragmentId()).isEqualTo(-1);
        assertThat(headers.layers().get(1)).isEqualTo(new Layer.Udp(1, 2, 8, 0x1234));
    }

    @Test
    void hasNoTransportHeaderInALaterFragment() {
        byte[] later = ipv4("10.0.0.1", "10.0.0.2", 17, 64, 7, 185, NOTHING, udp(4000, 53, NOTHING));
        assertThat(text(SnapshotEvent.packet(0x0800, later)))
                .isEqualTo("ip 10.0.0.1 > 10.0.0.2 ttl 64 id 7 offset 1480");
        byte[] first = ipv4("10.0.0.1", "10.0.0.2", 17, 64, 7, 0x2000, NOTHING, udp(4000, 53, NOTHING));
        assertThat(text(SnapshotEvent.packet(0x0800, first)))
                .isEqualTo("ip 10.0.0.1 > 10.0.0.2 ttl 64 id 7 MF | udp 4000 > 53 len 8");
        byte[] later6 = ipv6("::1", "::2", 44, fragment6(17, 1448, true, 0xffffffffL, udp(1, 2, NOTHING)));
        assertThat(text(SnapshotEvent.packet(0x86dd, later6)))
                .isEqualTo("ip6 ::1 > ::2 hlim 63 flow 0x12345 id 4294967295 MF offset 1448");
        byte[] first6 = ipv6("::1", "::2", 44, fragment6(17, 0, true, 5, udp(1, 2, NOTHING)));
        assertThat(text(SnapshotEvent.packet(0x86dd, first6))).endsWith("id 5 MF | udp 1 > 2 len 8");
    }

    @Test
    void passesOverAnAuthenticationHeaderInIpv4() {
        byte[] packet = ipv4("10.0.0.1", "10.0.0.2", 51, authentication(6, tcp(1, 2, 2, NOTHING, NOTHING)));
        Headers headers = SnapshotEvent.packet(0x0800, packet).parse();
        assertThat(headers.layers()).hasSize(2);
        assertThat(Flow.innermost(headers).orElseThrow().text()).isEqualTo("10.0.0.1:1 > 10.0.0.2:2 tcp");
    }

    @Test
    void looksIntoVxlan() {
        byte[] packet = ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, vxlan(0xffffff, ethernet(0x0800, dns()))));
        assertThat(text(SnapshotEvent.packet(0x0800, packet))).endsWith("| vxlan 16777215 | " + ETH + " | " + DNS);
        byte[] linux = ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 8472, vxlan(1, ethernet(0x0800, dns()))));
        assertThat(text(SnapshotEvent.packet(0x0800, linux))).endsWith("| vxlan 1 | " + ETH + " | " + DNS);
    }

    @Test
    void triesVxlanOnAnotherPortOnlyIfTheKernelSaysThatThereIsATunnel() {
        byte[] inner = ethernet(0x0800, dns());
        SnapshotEvent event =
                SnapshotEvent.packet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 12345, vxlan(42, inner))));
        assertThat(text(event)).endsWith("| udp 5 > 12345 len 70");
        assertThat(text(event.encapsulated())).endsWith("| vxlan 42 | " + ETH + " | " + DNS);
        SnapshotEvent other =
                SnapshotEvent.packet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 12345, PacketBytes.text(60))));
        assertThat(text(other.encapsulated())).endsWith("| udp 5 > 12345 len 68");
    }

    @Test
    void isNotFooledByThePortOfVxlan() {
        SnapshotEvent event = SnapshotEvent.packet(
                0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, bytes(0, 0, 0, 0, 1, 1, 1, 1))));
        assertThat(text(event)).endsWith("| udp 5 > 4789 len 16");
        SnapshotEvent empty = SnapshotEvent.packet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, NOTHING)));
        assertThat(text(empty)).endsWith("| udp 5 > 4789 len 8");
    }

    @Test
    void looksIntoGeneveWithOptions() {
        byte[] frame = ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 6081, geneve(42, 0x6558, 2, ethernet(0x0800, dns()))));
        assertThat(text(SnapshotEvent.packet(0x0800, frame))).endsWith("| geneve 42 | " + ETH + " | " + DNS);
        byte[] packet = ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 6081, geneve(42, 0x0800, 0, dns())));
        assertThat(text(SnapshotEvent.packet(0x0800, packet))).endsWith("| geneve 42 | " + DNS);
    }

    @Test
    void looksIntoGreWithAllItsFields() {
        byte[] plain = ipv4("10.9.0.1", "10.9.0.2", 47, gre(0, 0x0800, NOTHING, dns()));
        assertThat(text(SnapshotEvent.packet(0x0800, plain))).endsWith("| gre | " + DNS);
        byte[] keyed =
                ipv4("10.9.0.1", "10.9.0.2", 47, gre(0x2000, 0x6558, u32(4_000_000_000L), ethernet(0x0800, dns())));
        assertThat(text(SnapshotEvent.packet(0x0800, keyed))).endsWith("| gre key 4000000000 | " + ETH + " | " + DNS);
        byte[] full =
                ipv4("10.9.0.1", "10.9.0.2", 47, gre(0xb000, 0x0800, join(u32(0xaaaa0000L), u32(7), u32(1)), dns()));
        assertThat(text(SnapshotEvent.packet(0x0800, full))).endsWith("| gre key 7 | " + DNS);
        byte[] pptp = ipv4("10.9.0.1", "10.9.0.2", 47, gre(0x2001, 0x880b, u32(1), PacketBytes.text(8)));
        assertThat(text(SnapshotEvent.packet(0x0800, pptp))).endsWith("| gre key 1 | type 0x880b");
    }

    @Test
    void looksIntoIpInIp() {
        byte[] six = ipv6("2001:db8::1", "2001:db8::2", 17, udp(1, 2, NOTHING));
        assertThat(text(SnapshotEvent.packet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 4, dns()))))
                .endsWith("| " + DNS);
        assertThat(text(SnapshotEvent.packet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 41, six))))
                .endsWith("| ip6 2001:db8::1 > 2001:db8::2 hlim 63 flow 0x12345 | udp 1 > 2 len 8");
        assertThat(text(SnapshotEvent.packet(0x86dd, ipv6("fd00::1", "fd00::2", 60, extension(4, 0, dns())))))
                .endsWith("| " + DNS);
    }

    @Test
    void endsAtEsp() {
        byte[] packet = ipv4("10.9.0.1", "10.9.0.2", 50, join(u32(0xc0ffee00L), u32(4_294_967_295L), dns()));
        assertThat(text(SnapshotEvent.packet(0x0800, packet))).endsWith("| esp spi 0xc0ffee00 seq 4294967295");
    }

    @Test
    void namesWhatItDoesNotKnow() {
        assertThat(text(SnapshotEvent.frame(ethernet(6, PacketBytes.text(20))))).isEqualTo(ETH + " | type 0x0006");
        assertThat(text(SnapshotEvent.frame(ethernet(0x88cc, PacketBytes.text(20)))))
                .isEqualTo(ETH + " | type 0x88cc");
        assertThat(text(SnapshotEvent.packet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 132, PacketBytes.text(20)))))
                .endsWith("| sctp");
        assertThat(SnapshotEvent.packet(0x0800, ipv6("::1", "::2", 59, NOTHING))
                        .parse()
                        .layers())
                .containsExactly(new Layer.Unknown(0x0800));
    }

    @Test
    void saysThatItWasTruncatedWhereverTheBytesEnd() {
        byte[] frame =
                ethernet(0x8100, vlan(10, 0x0800, ipv4("10.0.0.1", "10.0.0.2", 6, tcp(1, 2, 2, new byte[8], NOTHING))));
        SnapshotEvent whole = SnapshotEvent.of(frame, 18, 0x0800);
        List<Layer> layers = whole.parse().layers();
        assertThat(layers).hasSize(4);
        int[] ends = {18, 18 + 20, 18 + 40};
        for (int captured = 18; captured < frame.length; captured++) {
            Headers headers = whole.cutTo(captured).parse();
            int visible = 2 + (captured >= ends[1] ? 1 : 0) + (captured >= ends[2] ? 1 : 0);
            assertThat(headers.layers()).as("captured %d", captured).hasSize(visible);
            assertThat(headers.truncated()).as("captured %d", captured).isTrue();
        }
        assertThat(whole.parse().truncated()).isFalse();
        assertThat(whole.cutTo(10).parse()).isEqualTo(new Headers(List.of(), true, 0, 0, -1, 0, 4));
    }

    @Test
    void doesNotTakeEthernetPaddingForAHeader() {
        byte[] frame = ethernet(0x0800, join(ipv4("10.0.0.1", "10.0.0.2", 17, NOTHING), new byte[26]));
        assertThat(text(SnapshotEvent.frame(frame))).endsWith("DF | udp");
    }

    @Test
    void ignoresALengthThatIsNotWrittenYet() {
        byte[] packet = dns();
        packet[2] = packet[3] = 0;
        assertThat(text(SnapshotEvent.packet(0x0800, packet))).isEqualTo(DNS);
    }

    @Test
    void keepsWhatTheKernelHasBesideTheBytes() {
        Headers headers = SnapshotEvent.packet(0x0800, dns())
                .withVlan(0x2005)
                .withGso(1448, 3)
                .withChecksum(3)
                .parse();
        assertThat(headers.vlanTci()).isEqualTo(0x2005);
        assertThat(headers.gsoSize()).isEqualTo(1448);
        assertThat(headers.gsoSegs()).isEqualTo(3);
        assertThat(HeaderText.metadata(headers))
                .isEqualTo("vlan 5 prio 1, gso 1448 x 3, checksum partial, type outgoing");
        assertThat(SnapshotEvent.packet(0x0800, dns()).withGso(0, 1).parse().gsoSegs())
                .isZero();
    }

    @Test
    void knowsNothingOfAnEventWithoutASnapshot() {
        EventView view = SnapshotEvent.packet(0x0800, dns()).view();
        view.buffer().put(view.offset() + EventLayout.FLAGS, (byte) 0);
        assertThat(HeaderParser.parse(view)).isSameAs(Headers.NONE);
        EventView tooLong = SnapshotEvent.packet(0x0800, dns()).cutTo(129).view();
        assertThat(HeaderParser.parse(tooLong)).isSameAs(Headers.NONE);
    }

    @Test
    void endsInTunnelsWithoutEnd() {
        byte[] packet = NOTHING;
        for (int i = 0; i < 100; i++) {
            packet = ipv4("10.0.0.1", "10.0.0.2", 4, packet);
        }
        ByteBuffer buffer = ByteBuffer.wrap(packet);
        Headers headers = HeaderParser.parse(buffer, 0, packet.length, 0, 0x0800, HeaderParser.Metadata.NONE);
        assertThat(headers.layers()).hasSizeLessThan(34);
    }

    @Property(tries = 20_000)
    void neverThrows(
            @ForAll @Size(max = 200) byte[] bytes,
            @ForAll @IntRange(min = -2, max = 210) int captured,
            @ForAll @IntRange(min = -2, max = 60) int network,
            @ForAll @IntRange(max = 0xffff) int protocol,
            @ForAll boolean encapsulation) {
        HeaderParser.Metadata metadata = new HeaderParser.Metadata(0, 0, -1, 0, 0, encapsulation);
        check(HeaderParser.parse(ByteBuffer.wrap(bytes), 0, captured, network, protocol, metadata), bytes.length);
    }

    /** Random bytes rarely get past the first header: real packets with a few wrong bytes do. */
    @Property(tries = 20_000)
    void neverThrowsOnDamagedPackets(
            @ForAll @IntRange(max = 5) int kind,
            @ForAll @Size(max = 6) int[] places,
            @ForAll @Size(value = 6) byte[] values,
            @ForAll @IntRange(max = 300) int captured) {
        byte[] bytes = sample(kind);
        for (int i = 0; i < places.length; i++) {
            bytes[Math.floorMod(places[i], bytes.length)] = values[i];
        }
        HeaderParser.Metadata metadata = new HeaderParser.Metadata(0, 0, -1, 0, 0, true);
        check(HeaderParser.parse(ByteBuffer.wrap(bytes), 0, captured, 14, 0x0800, metadata), bytes.length);
        SnapshotEvent event = SnapshotEvent.frame(bytes).cutTo(Math.min(captured, 128));
        check(event.parse(), 128);
    }

    private static byte[] sample(int kind) {
        byte[] six = ipv6(
                "2001:db8::1",
                "2001:db8::2",
                0,
                extension(44, 0, fragment6(51, 0, true, 1, authentication(17, udp(1, 2, NOTHING)))));
        return switch (kind) {
            case 0 ->
                ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, vxlan(42, ethernet(0x0800, dns())))));
            case 1 -> ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 6081, geneve(42, 0x86dd, 2, six))));
            case 2 -> ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 47, gre(0xb000, 0x0800, new byte[12], dns())));
            case 3 -> ethernet(0x88a8, vlan(1, 0x8100, vlan(2, 0x86dd, six)));
            case 4 -> ethernet(0x0806, arp(2, "10.0.0.1", "10.0.0.2"));
            default -> ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 6, tcp(1, 2, 0xff, new byte[12], NOTHING)));
        };
    }

    private static void check(Headers headers, int length) {
        assertThat(headers.layers()).hasSizeLessThanOrEqualTo(Math.max(1, length / 4 + 2));
        // Everything that makes text of headers takes them as they come.
        assertThat(HeaderText.of(headers) + Flow.summary(headers) + Tunnel.of(headers) + HeaderText.metadata(headers))
                .matches("[ -~]*");
        assertThat(Flow.innermost(headers).isPresent())
                .isEqualTo(Flow.outermost(headers).isPresent());
    }

    @Property
    void readsTheSameWhateverTheByteOrderAndPlaceOfTheBuffer(
            @ForAll @IntRange(max = 5) int kind, @ForAll @IntRange(max = 40) int at) {
        byte[] bytes = sample(kind);
        byte[] moved = join(new byte[at], bytes);
        int protocol = Byte.toUnsignedInt(bytes[12]) << 8 | Byte.toUnsignedInt(bytes[13]);
        HeaderParser.Metadata metadata = HeaderParser.Metadata.NONE;
        Headers one = HeaderParser.parse(ByteBuffer.wrap(bytes), 0, bytes.length, 14, protocol, metadata);
        ByteBuffer other = ByteBuffer.wrap(moved).order(ByteOrder.LITTLE_ENDIAN);
        Headers two = HeaderParser.parse(other, at, bytes.length, 14, protocol, metadata);
        assertThat(HeaderText.of(two)).isEqualTo(HeaderText.of(one)).doesNotContain("truncated");
        assertThat(Arrays.asList(one.truncated(), two.truncated())).containsOnly(false);
    }
}

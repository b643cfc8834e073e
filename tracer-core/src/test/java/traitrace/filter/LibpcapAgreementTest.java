package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static traitrace.event.PacketBytes.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import traitrace.TracerException;
import traitrace.kernel.Pcap;
import traitrace.kernel.PcapOracle;

/** Our interpreter and that of libpcap return the same for the same program and packet. */
class LibpcapAgreementTest {
    private static final int PACKETS = 4000;
    private static final List<String> EXPRESSIONS = List.of(
            "",
            "ip",
            "ip6",
            "arp",
            "not arp",
            "tcp",
            "udp or icmp",
            "host 10.0.0.1",
            "src host 10.0.0.1 and dst net 10.0.0.0/8",
            "host 2001:db8::1",
            "net 2001:db8::/32",
            "tcp port 80",
            "udp portrange 4000-5000",
            "not (port 53 or port 22)",
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
            "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x61626364",
            "ip[2:2] > 60 and ip[8] * 3 / 2 < 90",
            "ip[6:2] & 0x1fff = 0 and ip[1] % 7 != 3",
            "ip[0] ^ ip[1] > 2 and len - 14 > 40",
            "icmp[icmptype] = icmp-echo",
            "icmp6[0] = 128",
            "greater 100",
            "less 64",
            "len >= 1500",
            "ip proto 47 or ip proto 50",
            "ip broadcast or ip multicast or ip6 multicast",
            "ether host 02:00:00:00:00:01",
            "ether broadcast",
            "ether multicast",
            "vlan",
            "vlan 10 and host 10.0.0.1",
            "vlan and vlan 10 and udp",
            "mpls",
            "pppoes",
            "geneve",
            "geneve 42 and host 10.0.0.1",
            "ether[0] & 1 = 0 and ip[(ip[0] & 0xf) << 2] = 0",
            "udp[8:4] = 0x08000000 and udp[4:2] - 8 > ip[3] | 2");

    @BeforeAll
    static void needsLibpcap() {
        assumeTrue(Pcap.available(), "libpcap is not installed: apt install libpcap0.8");
    }

    @Test
    void agreesOnEveryExpressionAndPacket() {
        List<byte[]> samples = samples();
        Random random = new Random(20_170_401);
        int compiled = 0;
        int matched = 0;
        for (String expression : EXPRESSIONS) {
            for (int linkType : new int[] {Pcap.ETHERNET, Pcap.RAW_IP}) {
                long[] bits;
                try {
                    bits = Pcap.compile(expression, linkType);
                } catch (TracerException notForThisLinkType) {
                    continue;
                }
                compiled++;
                ClassicBpf ours = ClassicBpf.of(bits);
                PcapOracle theirs = new PcapOracle(bits);
                for (int i = 0; i < PACKETS; i++) {
                    byte[] packet = damage(samples.get(i % samples.size()), random, linkType == Pcap.RAW_IP ? 14 : 0);
                    int captured = i % 3 == 0 ? random.nextInt(packet.length + 1) : packet.length;
                    int length = i % 5 == 0 ? random.nextInt() : packet.length;
                    int result = ours.run(ByteBuffer.wrap(packet), 0, captured, length);
                    assertThat(result)
                            .as("%s, link type %d, packet %d", expression, linkType, i)
                            .isEqualTo(theirs.run(packet, captured, length));
                    matched += result == 0 ? 0 : 1;
                }
            }
        }
        assertThat(compiled).isGreaterThan(60);
        assertThat(matched).as("a test in which nothing matches tests nothing").isGreaterThan(20_000);
    }

    /** Sometimes as it is, sometimes with a few other bytes, sometimes only noise. */
    private static byte[] damage(byte[] sample, Random random, int skip) {
        byte[] packet = Arrays.copyOfRange(sample, skip, sample.length);
        int kind = random.nextInt(4);
        if (kind == 0) {
            random.nextBytes(packet);
        } else if (kind > 1) {
            for (int i = random.nextInt(4); i > 0; i--) {
                packet[random.nextInt(packet.length)] = (byte) random.nextInt();
            }
        }
        return packet;
    }

    private static List<byte[]> samples() {
        byte[] nothing = {};
        byte[] dns = ipv4("10.0.0.1", "10.0.0.2", 17, udp(4000, 53, text(12)));
        byte[] http = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40000, 80, 2, new byte[12], text(20)));
        byte[] six = ipv6("2001:db8::1", "2001:db8::2", 6, tcp(40000, 80, 16, nothing, text(100)));
        List<byte[]> samples = new ArrayList<>();
        samples.add(ethernet(0x0800, dns));
        samples.add(ethernet(0x0800, http));
        samples.add(ethernet(0x86dd, six));
        samples.add(ethernet(0x86dd, ipv6("2001:db8::1", "ff02::1", 0, extension(17, 0, udp(1, 2, text(9))))));
        samples.add(ethernet(0x86dd, ipv6("2001:db8::1", "ff02::1", 58, icmp(128, 0, 1, 1))));
        samples.add(ethernet(0x0806, arp(1, "10.0.0.1", "10.0.0.2")));
        samples.add(ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 1, icmp(8, 0, 7, 1))));
        samples.add(ethernet(0x8100, vlan(10, 0x0800, dns)));
        samples.add(ethernet(0x88a8, vlan(100, 0x8100, vlan(10, 0x0800, dns))));
        samples.add(ethernet(
                0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 6081, geneve(42, 0x6558, 1, ethernet(0x0800, dns))))));
        samples.add(ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 47, gre(0, 0x0800, nothing, dns))));
        samples.add(ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 17, 64, 7, 185, nothing, text(40))));
        samples.add(
                ethernet(0x0800, ipv4("10.9.0.1", "10.9.0.2", 51, authentication(6, tcp(1, 22, 2, nothing, nothing)))));
        return samples;
    }
}

package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What the laboratory reads below /proc/net and from nft. */
class ProcFilesTest {
    @Test
    void portsThatAreOpen() {
        List<String> tcp = List.of(
                "  sl  local_address rem_address   st tx_queue rx_queue",
                "   0: 0100007F:2328 00000000:0000 0A 00000000:00000000",
                "   1: 0100007F:2329 0100007F:1F90 01 00000000:00000000",
                "");
        assertThat(OpenPorts.parse(tcp, "tcp")).containsExactly(9000);
        List<String> udp6 = List.of("  10: 00000000000000000000000000000000:0035 0:0000 07 00000000:00000000");
        assertThat(OpenPorts.parse(udp6, "udp")).containsExactly(53);
    }

    @Test
    void queuesThatAreListenedAt() {
        List<String> lines = List.of("    3    812     0 2 65531     0     0      100  1", "", "no queue");
        assertThat(OpenPorts.parseQueues(lines)).containsExactly(3);
    }

    @Test
    void countersInTables() {
        List<String> snmp = List.of("Udp: InDatagrams NoPorts", "Udp: 12 3", "Ip: Forwarding", "Ip: -1");
        assertThat(Counters.tables(snmp))
                .containsEntry("Udp.InDatagrams", 12L)
                .containsEntry("Udp.NoPorts", 3L)
                .containsEntry("Ip.Forwarding", -1L);
    }

    @Test
    void countersOfDevices() {
        List<String> dev = List.of(
                "Inter-|   Receive |  Transmit",
                " face |bytes    packets errs drop",
                "  eth0: 1000 10 0 2 0 0 0 0 2000 20 0 3 0 0 0 0");
        assertThat(Counters.devices(dev))
                .containsEntry("dev:eth0.rx_packets", 10L)
                .containsEntry("dev:eth0.rx_dropped", 2L)
                .containsEntry("dev:eth0.tx_packets", 20L)
                .containsEntry("dev:eth0.tx_dropped", 3L);
    }

    @Test
    void countersOfRules() {
        String json =
                """
                {"nftables": [{"metainfo": {"version": "1"}},
                  {"counter": {"family": "ip", "name": "hits", "table": "a", "packets": 4, "bytes": 9}},
                  {"counter": {"family": "ip", "name": "hits", "table": "b", "packets": 3, "bytes": 9}}]}
                """;
        assertThat(Counters.nft(json, "hits")).isEqualTo(7);
        assertThat(Counters.nft(json, "others")).isZero();
    }

    @Test
    void repliesThatPingPrinted() {
        String output =
                """
                PING 10.1.0.2 (10.1.0.2) 56(84) bytes of data.
                64 bytes from 10.1.0.2: icmp_seq=1 ttl=64 time=0.417 ms
                64 bytes from 10.1.0.2: icmp_seq=3 ttl=64 time=0.310 ms
                """;
        assertThat(PingExchange.replies(output))
                .extracting(TrafficResult.Receipt::number)
                .containsExactly(1L, 3L);
    }

    @Test
    void countersOfQdiscs() {
        String json = "[{\"kind\":\"htb\",\"requeues\":2,\"drops\":0},{\"kind\":\"pfifo\",\"requeues\":3}]";
        assertThat(Counters.qdisc(json, "requeues")).isEqualTo(5);
        assertThat(Counters.qdisc("[]", "requeues")).isZero();
    }
}

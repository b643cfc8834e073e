package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import traitrace.TracerException;

class PwruScoreTest {
    private static final int FIRST_PORT = 12_000;
    private static final String CLIENT = "4026532196";
    private static final String ROUTER = "4026532222";
    private static final String SERVER = "4026532248";
    private static final String NAMESPACES =
            "# namespace client " + CLIENT + "\n# namespace server " + SERVER + "\n# remembered 7\n";

    /**
     * What pwru 1.0.5 printed on Linux 6.12, the first lines of it: after {@code lab/bench continuity --kernel 6.12
     * --scenario NAME}, {@code head -n 450 target/continuity/6.12/NAME.pwru}, 600 for the fragments.
     */
    @Test
    void aTunnelIsFollowedByAddressAndFragmentsAreNot() throws IOException {
        assertThat(recorded("reference-vxlan")).contains(new PwruScore(50, 3, 2, 0, 1, 1, 3));
        assertThat(recorded("reference-vxlan-fragments")).contains(new PwruScore(50, 1, 0, 0, 2, 0, 1));
    }

    private static Optional<PwruScore> recorded(String scenario) throws IOException {
        try (InputStream in = PwruScoreTest.class.getResourceAsStream(scenario + ".pwru")) {
            PwruRows rows = PwruRows.parse(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
            return PwruScore.of(leg("client", "server"), List.of(result(50)), rows);
        }
    }

    @Test
    void oneAddressFromEndToEndIsWhole() {
        PwruScore score = score(
                2,
                row("a0", CLIENT, FIRST_PORT),
                row("a0", ROUTER, FIRST_PORT),
                row("a0", SERVER, FIRST_PORT),
                row("b0", CLIENT, FIRST_PORT + 1),
                row("b0", SERVER, FIRST_PORT + 1));

        assertThat(score).isEqualTo(new PwruScore(2, 2, 2, 0, 2, 0, 1));
    }

    @Test
    void anotherAddressAtTheEndIsNotWhole() {
        PwruScore score = score(1, row("a0", CLIENT, FIRST_PORT), row("b0", SERVER, FIRST_PORT));

        assertThat(score).isEqualTo(new PwruScore(1, 1, 0, 0, 2, 0, 1));
    }

    @Test
    void whatDoesNotReachTheLastNamespaceIsSeenAtMost() {
        PwruScore score = score(2, row("a0", CLIENT, FIRST_PORT), row("a0", "0", FIRST_PORT));

        assertThat(score).isEqualTo(new PwruScore(2, 1, 0, 0, 1, 0, 1));
    }

    @Test
    void anAddressThatHadAnotherPacketInBetweenIsShared() {
        PwruScore score = score(
                2, row("a0", CLIENT, FIRST_PORT), row("a0", ROUTER, FIRST_PORT + 1), row("a0", SERVER, FIRST_PORT));

        assertThat(score).isEqualTo(new PwruScore(2, 2, 0, 1, 1, 1, 2));
    }

    @Test
    void anAddressMayHaveAnotherPacketAfterwards() {
        PwruScore score = score(
                2,
                row("a0", CLIENT, FIRST_PORT),
                row("a0", SERVER, FIRST_PORT),
                row("a0", CLIENT, FIRST_PORT + 1),
                row("a0", SERVER, FIRST_PORT + 1));

        assertThat(score).isEqualTo(new PwruScore(2, 2, 2, 0, 1, 1, 2));
    }

    @Test
    void rowsWithoutAPortOrWithATunnelsSayNothing() {
        PwruScore score = score(
                1,
                row("a0", CLIENT, FIRST_PORT),
                row("a0", CLIENT, 0),
                row("a0", ROUTER, 54_321),
                "0xffff8bc8c085e4a0 0 [<empty>(3)] ip_rcv netns=" + ROUTER
                        + " mark=0x0 iface=2 proto=0x0800 mtu=1500 len=84 10.1.0.1:12001->10.1.0.2:1(tcp)",
                row("a0", SERVER, FIRST_PORT));

        assertThat(score).isEqualTo(new PwruScore(1, 1, 1, 0, 1, 0, 1));
    }

    @Test
    void repliesAreToldByTheirDestinationPort() {
        String rows = NAMESPACES
                + row("a0", CLIENT, FIRST_PORT)
                + "\n"
                + row("a0", SERVER, FIRST_PORT)
                + "\n"
                + reply("b0", SERVER, FIRST_PORT)
                + "\n"
                + reply("b0", CLIENT, FIRST_PORT)
                + "\n";

        assertThat(PwruScore.of(leg("server", "client"), List.of(result(1)), PwruRows.parse(rows)))
                .contains(new PwruScore(1, 1, 1, 0, 2, 0, 1));
    }

    @Test
    void trafficFromOnePortCannotBeJudged() {
        Traffic.Udp udp =
                new Traffic.Udp("t", "client", "", 0, false, "10.1.0.2", 9000, 1, 200, 0, 0, false, false, 1, 0, null);
        TrafficResult result = new TrafficResult(udp, List.of(1L), 0, List.of(), List.of());

        assertThat(PwruScore.of(leg("client", "server"), List.of(result), PwruRows.parse(NAMESPACES)))
                .isEmpty();
    }

    @Test
    void whatIsNotUnderstoodIsNotPassedOver() {
        assertThatThrownBy(() -> PwruRows.parse("0xffff8bc8c085e400 0 garbage\n"))
                .isInstanceOf(TracerException.class)
                .hasMessage("not a row of pwru's: 0xffff8bc8c085e400 0 garbage");
    }

    private static PwruScore score(int count, String... rows) {
        String text = NAMESPACES + Stream.of(rows).collect(Collectors.joining("\n"));
        return PwruScore.of(leg("client", "server"), List.of(result(count)), PwruRows.parse(text))
                .orElseThrow();
    }

    private static TrafficResult result(int count) {
        Traffic.Udp udp = new Traffic.Udp(
                "t", "client", "", 0, false, "10.1.0.2", 9000, count, 200, 0, 0, false, false, 1, 0, null);
        return new TrafficResult(
                udp.fromPorts(FIRST_PORT, 0),
                LongStream.rangeClosed(1, count).boxed().toList(),
                0,
                List.of(),
                List.of());
    }

    private static Scenario.Leg leg(String from, String to) {
        return new Scenario.Leg(
                "leg",
                "t",
                null,
                List.of(
                        Scenario.Step.of(from + " eth0 net_dev_queue"),
                        Scenario.Step.of(to + " eth0 netif_receive_skb"),
                        Scenario.Step.of("* * consume_skb")),
                "",
                List.of());
    }

    private static String row(String skb, String netns, int sourcePort) {
        return line(skb, netns, "10.1.0.1:" + sourcePort + "->10.1.0.2:9000(udp)");
    }

    private static String reply(String skb, String netns, int port) {
        return line(skb, netns, "10.1.0.2:9000->10.1.0.1:" + port + "(udp)");
    }

    private static String line(String skb, String netns, String tuple) {
        return "0xffff8bc8c085e4" + skb + "      1   [<empty>(225)]                   ip_rcv netns=" + netns
                + " mark=0x0 iface=2 proto=0x0800 mtu=1500 len=228 " + tuple;
    }
}

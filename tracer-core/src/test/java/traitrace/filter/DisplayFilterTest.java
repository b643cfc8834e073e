package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import traitrace.timeline.Timeline;

class DisplayFilterTest {
    private static final Timeline DELIVERED = Traced.delivered();
    private static final Timeline DROPPED = Traced.dropped();

    private static boolean matches(String expression, Timeline timeline) {
        return DisplayFilter.parse(expression).matches(timeline, Traced.NAMES);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "packet.id == a3f21",
                "packet.id == 0x00000000000a3f21",
                "packet.id in {1, a3f21}",
                "verdict == delivered",
                "verdict != dropped",
                "verdict in {dropped, delivered}",
                "verdict ~ \"^deliv\"",
                "verdict.text ~ \"nginx\\\\[\\\\d+\\\\]\"",
                "to.pid == 812 && to.process == \"nginx\"",
                "latency == 2.5ms && latency == 2500us && latency == 2500000ns",
                "latency > 2ms and latency < 1.5s and latency <= 1m and latency >= 2500us",
                "latency in {1us, 2ms..3ms}",
                "events == 3 && events == 0x3 && events in {1..5}",
                "edges == 2",
                "missing == 0",
                "netns == \"web\" && netns == \"host\"",
                "netns in {\"x\", \"web\"}",
                "src.ip == 10.0.1.2",
                "src.ip == 10.0.0.0/8",
                "src.ip == 0.0.0.0/0",
                "src.ip in {192.168.0.0/16, 10.0.1.0..10.0.1.9}",
                "src.ip > 10.0.1.1 && src.ip < 2001:db8::1",
                "dst.ip != 10.0.1.0/24",
                "src.port == 51234 && dst.port in {53, 80..90}",
                "protocol == udp",
                "candidates == b1 && candidates == b2 && candidates != a",
                "event.hook == sock_recv_length",
                "event.stage == driver",
                "event.netns == \"web\"",
                "event.netns.inode == 4026532000",
                "event.device == \"vxlan42\" && event.device ~ \"^eth\\\\d$\"",
                "event.ifindex == 2",
                "event.delta == 2ms && event.delta == 0ns",
                "event.len == 1500 && event.len == 64k && event.len > 60k && event.len < 1M",
                "event.mark == 0x4000",
                "event.ethertype == 0x0800",
                "event.cpu == 3",
                "event.tap == false",
                "!event.tap",
                "event.changed == dst",
                "event.pid == 812 && event.process == \"nginx\" && event.tid == 813 && event.fd == 9",
                "event.container ~ \"3f2a\" && event.call == recvfrom",
                "event.src.ip == 2001:db8::/32 && event.src.ip == 10.0.1.2",
                "event.dst.port == 443 && event.protocol == tcp",
                "event.ttl == 64 && event.ttl == 9 && !(event.ttl == 63)",
                "event.vlan == 10 && event.vlan == 20",
                "event.tunnel == vxlan && event.tunnel.id == 42",
                "event.gso.size == 1448 && event.gso.segments == 3",
                "edge.kind == clone && edge.kind == emit",
                "edge.evidence == guessed",
                "edge.relation == thread",
                "edge.why == \"by br_flood\"",
                "edge.offset == 1448",
                "path has vxlan",
                "path has driver",
                "path has net_dev_queue",
                "path has eth0",
                "path has \"web\"",
                "has(to.pid) && has(candidates) && has(event.fd) && has(edge.offset)",
                "any(event.netns == \"host\" && event.call == recvfrom)",
                "all(event.mark == 0x4000)",
                "all(event.len >= 1500)",
                "any(edge.kind == emit && edge.evidence == guessed)",
                "!all(edge.evidence == proved)",
                "verdict == dropped || latency > 2ms",
                "not verdict == dropped",
                "verdict == dropped && events == 9 || events == 3",
                "events == 3 || verdict == dropped && events == 9",
            })
    void holds(String expression) {
        assertThat(matches(expression, DELIVERED)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "packet.id == a3f2",
                "verdict != delivered",
                "verdict == dropped",
                "latency > 2500us",
                "latency in {1us..2ms}",
                "netns != \"web\"",
                "src.ip == 10.0.2.0/24",
                "src.ip != 10.0.0.0/8",
                "src.ip in {::/0}",
                "candidates != b1",
                "event.tap",
                "event.len < 1500",
                "event.mark != 0x4000",
                "any(event.netns == \"web\" && event.call == recvfrom)",
                "all(event.netns == \"web\")",
                "any(edge.kind == clone && edge.evidence == guessed)",
                "path has geneve",
                "path has \"we\"",
                "(verdict == dropped || events == 3) && events == 9",
            })
    void doesNotHold(String expression) {
        assertThat(matches(expression, DELIVERED)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "src.ip == 10.0.1.2",
                "src.ip != 10.0.1.2",
                "src.port < 60000",
                "src.port in {0..65535}",
                "to.process ~ \"\"",
                "protocol == udp",
                "protocol != udp",
                "event.device == \"eth0\"",
                "event.device != \"eth0\"",
                "edge.kind == clone",
                "edge.kind != clone",
                "has(src.ip)",
                "has(event.device)",
                "has(edge.kind)",
            })
    void aComparisonWithWhatIsMissingIsFalseAndItsNegationTrue(String expression) {
        assertThat(matches(expression, DROPPED)).isFalse();
        assertThat(matches("!(" + expression + ")", DROPPED)).isTrue();
    }

    @Test
    void knowsADropByBothSpellingsOfItsReason() {
        assertThat(matches("drop.reason == \"NETFILTER_DROP\"", DROPPED)).isTrue();
        assertThat(matches("drop.reason == \"SKB_DROP_REASON_NETFILTER_DROP\"", DROPPED))
                .isTrue();
        assertThat(matches("drop.reason != \"NETFILTER_DROP\"", DROPPED)).isFalse();
        assertThat(matches("drop.symbol ~ \"^nf_hook_slow\"", DROPPED)).isTrue();
        assertThat(matches("has(drop.reason)", DELIVERED)).isFalse();
    }

    @Test
    void allIsTrueWhereThereIsNone() {
        assertThat(matches("all(edge.evidence == proved)", DROPPED)).isTrue();
        assertThat(matches("has(edge.kind) && all(edge.evidence == proved)", DROPPED))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '@',
            quoteCharacter = '`',
            value = {
                "verdict==dropped and not(latency>2ms)@verdict == dropped && !(latency > 2ms)",
                "event.tap == true@any(event.tap)",
                "not event.tap@!any(event.tap)",
                "event.len > 65536@any(event.len > 64k)",
                "event.len > 1.5k@any(event.len > 1536)",
                "latency < 0.25s@latency < 250ms",
                "latency < 90s@latency < 90s",
                "latency < 60000ms@latency < 1m",
                "latency < 0s@latency < 0ns",
                "src.ip == 10.1.2.3/8@src.ip == 10.0.0.0/8",
                "src.ip == 2001:0DB8:0:0::1@src.ip == 2001:db8::1",
                "packet.id == 0xA@packet.id == 000000000000000a",
                "path   has \"vxlan\"@path has vxlan",
                "path has \"my dev\"@path has \"my dev\"",
                "netns == \"a\\u00e9\\n\\\"\\\\\"@netns == \"a\\u00e9\\n\\\"\\\\\"",
                "events in {1,2 .. 0x10}@events in {1, 2..16}",
                "events == 1 && (events == 2 && events == 3)@events == 1 && events == 2 && events == 3",
                "(events == 1 || events == 2) && events == 3@(events == 1 || events == 2) && events == 3",
                "events == 1 && events == 2 || events == 3@events == 1 && events == 2 || events == 3",
                "any((event.tap or has(event.fd)))@any(event.tap || has(event.fd))",
            })
    void hasACanonicalForm(String expression, String canonical) {
        assertThat(DisplayFilter.parse(expression).text()).isEqualTo(canonical);
        assertThat(DisplayFilter.parse(canonical).text()).isEqualTo(canonical);
    }

    @Test
    void isAboutThePacket() {
        Expression event = new Expression.Has(Fields.find("event.fd").orElseThrow());
        assertThatIllegalArgumentException().isThrownBy(() -> new DisplayFilter(event));
        Expression packet = new Expression.Has(Fields.find("latency").orElseThrow());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Expression.Quantified(Expression.Quantifier.ANY, packet));
        assertThatIllegalArgumentException().isThrownBy(() -> new Expression.And(List.of(event, packet)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a+)+$", "(a|aa)+$", "((a*)*)*b", "(.*)*(.*)*(.*)*b", "(a|b|ab)*c"})
    void aRegularExpressionThatTriesEverythingEndsSoonAndFindsNothing(String pattern) {
        long start = System.nanoTime();
        assertThat(Regex.of(pattern).foundIn("a".repeat(900) + "!")).isFalse();
        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    }

    @Test
    void aRegularExpressionLooksAtTheBeginningOfALongText() {
        assertThat(Regex.of("b").foundIn("a".repeat(Regex.MAX_SUBJECT - 1) + "b"))
                .isTrue();
        assertThat(Regex.of("b").foundIn("a".repeat(Regex.MAX_SUBJECT) + "b")).isFalse();
    }
}

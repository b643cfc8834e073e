package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DisplayErrorsTest {
    private static final int COLUMNS = 80;

    private static FilterException refused(String expression) {
        FilterException e = catchThrowableOfType(FilterException.class, () -> DisplayFilter.parse(expression));
        assertThat(e).as(expression).isNotNull();
        return e;
    }

    @Test
    void pointsAtTheCharacter() {
        assertThat(String.join(
                        "\n", refused("verdict == dropped && latncy > 2ms").lines(COLUMNS)))
                .isEqualTo(
                        """
                there is no field latncy: did you mean latency?
                  verdict == dropped && latncy > 2ms
                                        ^""");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '@',
            quoteCharacter = '`',
            value = {
                "``@0@a condition is missing: as in verdict == dropped",
                "   @0@a condition is missing: as in verdict == dropped",
                "pid == 5@0@there is no field pid: did you mean to.pid?",
                "src_ip == 10.0.0.1@0@there is no field src_ip: did you mean src.ip?",
                "bananas == 5@0@there is no field bananas: traitrace fields lists them",
                "latency@7@latency is compared with nothing: write ==, !=, <, <=, >, >=, ~ or in after it",
                "latency = 5ms@8@= has no meaning here: write ==",
                "latency > 2ms & events == 1@14@& has no meaning here: write &&",
                "latency > \"x\"@10@\"x\" is no duration, and latency is one: write it as 250us, 2ms or 1.5s",
                "latency > 2@10@2 is no duration, and latency is one: write it as 250us, 2ms or 1.5s",
                "latency > 2MS@10@2MS is no duration, and latency is one: write it as 250us, 2ms or 1.5s",
                "latency > 0.5ns@10@0.5ns is no duration, and latency is one: write it as 250us, 2ms or 1.5s",
                "latency > 99999999999h@10@99999999999h is no duration, and latency is one: write it as 250us, 2ms or 1.5s",
                "latency >@9@a value for latency is missing: write it as 250us, 2ms or 1.5s",
                "latency > &&@10@a value for latency is missing: write it as 250us, 2ms or 1.5s",
                "verdict == 5@11@verdict is never 5: it is delivered, transmitted, dropped, absorbed, in-flight, lost-sight",
                "verdict == Droped@11@verdict is never Droped: did you mean dropped?",
                "verdict == \"dropped\"@11@\"dropped\" is no word, and verdict is one: write it without quotes",
                "verdict ==@10@a value for verdict is missing: it is delivered, transmitted, dropped, absorbed, in-flight, lost-sight",
                "verdict > dropped@8@verdict is of type word, which has no order: use ==, !=, ~ or in",
                "verdict in {dropped..absorbed}@19@verdict is of type word, which has no order: list the values",
                "event.tap > true@10@event.tap is of type boolean, which has no order: use == or !=",
                "event.tap == maybe@13@maybe is no boolean, and event.tap is one: write true or false",
                "events == 1.5@10@1.5 is no number, and events is one: write it as 80 or 0x50",
                "events == -1@10@-1 is no number, and events is one: write it as 80 or 0x50",
                "events == 99999999999999999999@10@99999999999999999999 is no number, and events is one: write it as 80 or 0x50",
                "events == 0xffffffffffffffff@10@0xffffffffffffffff is no number, and events is one: write it as 80 or 0x50",
                "events == edges@10@edges is a field: compare events with a value",
                "events ~ \"1\"@7@~ is for text and words: events is of type number",
                "event.len > 5q@12@5q is no size, and event.len is one: write it as 1500, 64k or 1M",
                "netns == web@9@web is no text, and netns is one: write it in double quotes",
                "netns == 'web'@9@' has no meaning here: text stands in double quotes",
                "netns == \"web@9@this text does not end: a \" is missing",
                "netns ~ \"\\d\"@9@there is no such escape: write \\\\ for a backslash, in a regular expression too",
                "netns ~ \"\\u12\"@9@\\u needs four hex digits",
                "netns ~ web@8@a regular expression in double quotes is missing: as in netns ~ \"^a\"",
                "netns ~ \"(\"@8@the regular expression is wrong: unclosed group at character 2",
                "src.ip == 10.0.0@10@10.0.0 is no address, and src.ip is one: write it as 10.0.0.1, 10.0.0.0/8 or 2001:db8::1",
                "src.ip == 10.0.0.0/33@10@10.0.0.0/33 is no address, and src.ip is one: write it as 10.0.0.1, 10.0.0.0/8 or 2001:db8::1",
                "src.ip < 10.0.0.0/8@9@10.0.0.0/8 is a network: only single addresses have an order",
                "src.ip in {10.0.0.0/8..11.0.0.0}@11@10.0.0.0/8 is a network: only single addresses have an order",
                "packet.id == xyz@13@xyz is no id, and packet.id is one: write up to 16 hex digits",
                "events in 5@10@{ is missing before 5",
                "events in {}@11@a value for events is missing: write it as 80 or 0x50",
                "events in {1 2}@13@} is missing before 2",
                "events in {1,@13@a value for events is missing: write it as 80 or 0x50",
                "events in {9..1}@11@this range is empty: put the lower end first",
                "(events == 1@12@) is missing before the end",
                "events == 1)@11@) has no meaning here",
                "events == 1 verdict == dropped@12@verdict has no meaning here: join conditions with && or ||",
                "events == 1 &&@14@a condition is missing: as in verdict == dropped",
                "&& events == 1@0@&& begins no condition: begin with a field, as in latency > 2ms",
                "\"x\" == netns@0@\"x\" begins no condition: begin with a field, as in latency > 2ms",
                "has events@4@( is missing before events",
                "has(\"x\")@4@the name of a field is missing: traitrace fields lists them",
                "path vxlan@5@path is followed by has: as in path has vxlan",
                "path has@8@the name of a stage, hook, device, namespace or tunnel is missing: as in path has vxlan or path has \"eth0\"",
                "path has \"\"@9@the name of a stage, hook, device, namespace or tunnel is missing: as in path has vxlan or path has \"eth0\"",
                "any()@4@) begins no condition: begin with a field, as in latency > 2ms",
                "any(latency > 2ms)@4@latency is about the packet: write it outside any()",
                "any(path has vxlan)@4@path has is about the packet: write it outside any()",
                "all(event.tap && any(event.tap))@17@any() inside all(): put the one beside the other",
                "any(event.len > 5 && edge.kind == clone)@21@edge.kind is about an edge, what stands before it about an event: give each its own any()",
                "events == 1 # two@12@# has no meaning here",
                "events == 1 é@12@\\u00e9 has no meaning here",
            })
    void saysWhatIsWrongWhereAndWhatToDo(String expression, int position, String message) {
        FilterException e = refused(expression == null ? "" : expression);
        assertThat(e).hasMessage(message);
        assertThat(e.position()).isEqualTo(position);
        assertThat(e.lines(COLUMNS).get(2)).isEqualTo(" ".repeat(position + 2) + "^");
    }

    @Test
    void showsOnlyWhatIsAroundTheErrorInALongExpression() {
        String before = "events == 1 && ".repeat(20);
        List<String> lines =
                refused(before + "nonsense == 7" + " && events == 1".repeat(20)).lines(50);
        assertThat(lines.get(1)).isEqualTo("  ...1 && events == 1 && nonsense == 7 && even...");
        assertThat(lines.get(2)).isEqualTo(" ".repeat(lines.get(1).indexOf("nonsense")) + "^");
    }

    @Test
    void makesControlCharactersVisible() {
        assertThat(refused("netns == \"\u001b[2J\n\" && \u0007").lines(COLUMNS))
                .containsExactly(
                        "\\u0007 has no meaning here",
                        "  netns == \"\\u001b[2J\\n\" && \\u0007",
                        "                            ^");
        assertThat(refused("events\n==\tx").lines(COLUMNS).get(1)).isEqualTo("  events\\n==\\tx");
    }

    @ParameterizedTest
    @ValueSource(ints = {FilterException.MIN_COLUMNS, 33, 80, 200})
    void keepsToTheColumnsAndHasTheCaretUnderTheCharacter(int columns) {
        String expression = "events == 1 && ".repeat(9) + "\u0001\u0002# " + "|| events == \u00e9 ".repeat(9);
        FilterException e = refused(expression);
        List<String> lines = e.lines(columns);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1).length()).isLessThanOrEqualTo(columns);
        assertThat(lines.get(1).substring(lines.get(2).length() - 1)).startsWith("\\u0001");
    }

    @Test
    void refusesWhatIsTooLong() {
        String longest = "events == 1" + " ".repeat(DisplayFilter.MAX_LENGTH - 11);
        assertThat(DisplayFilter.parse(longest).text()).isEqualTo("events == 1");
        FilterException e = refused(longest + " ");
        assertThat(e).hasMessage("the expression has 100001 characters: at most 100000 are read");
        assertThat(e.lines(COLUMNS)).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"(, ), 200", "!, '', 199", "'not ', '', 199"})
    void refusesWhatIsNestedTooDeep(String open, String close, int most) {
        DisplayFilter deepest = DisplayFilter.parse(open.repeat(most) + "events == 1" + close.repeat(most));
        assertThat(DisplayFilter.parse(deepest.text())).isEqualTo(deepest);
        FilterException e = refused(open.repeat(most + 1) + "events == 1" + close.repeat(most + 1));
        assertThat(e).hasMessage("the expression is nested too deep: at most 200 levels");
        assertThat(refused(open.repeat(20_000))).hasMessage(e.getMessage());
    }

    @Test
    void readsTheLongestExpressionsOfEveryShapeSoon() {
        long start = System.nanoTime();
        String joined = "verdict == dropped || ".repeat(4_500) + "events == 1";
        assertThat(DisplayFilter.parse(joined).matches(Traced.dropped(), Traced.NAMES))
                .isTrue();
        assertThat(DisplayFilter.parse("events in {" + "7, ".repeat(33_000) + "1}")
                        .matches(Traced.dropped(), Traced.NAMES))
                .isTrue();
        assertThat(DisplayFilter.parse("netns != \"" + "\\u0041".repeat(16_000) + "\"")
                        .matches(Traced.dropped(), Traced.NAMES))
                .isTrue();
        refused("netns ~ \"" + "(".repeat(99_000) + "\"");
        refused("netns ~ \"" + "(".repeat(1_000) + "\"");
        refused("a".repeat(100_000));
        refused("\u00e9".repeat(100_000));
        assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
    }
}

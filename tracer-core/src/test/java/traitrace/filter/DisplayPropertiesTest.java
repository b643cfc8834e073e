package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import traitrace.event.IpAddress;
import traitrace.filter.Expression.And;
import traitrace.filter.Expression.Compare;
import traitrace.filter.Expression.Has;
import traitrace.filter.Expression.In;
import traitrace.filter.Expression.Item;
import traitrace.filter.Expression.Matches;
import traitrace.filter.Expression.Not;
import traitrace.filter.Expression.Or;
import traitrace.filter.Expression.PathHas;
import traitrace.filter.Expression.Quantified;
import traitrace.filter.Expression.Quantifier;
import traitrace.filter.Expression.Relation;

class DisplayPropertiesTest {
    private static final int DEPTH = 3;
    private static final int COLUMNS = 60;

    @Property(tries = 2000)
    void whatIsPrintedParsesToTheSame(@ForAll("expressions") Expression expression) {
        DisplayFilter filter = new DisplayFilter(expression);
        assertThat(filter.text()).matches("[ -~]+");
        assertThat(DisplayFilter.parse(filter.text())).isEqualTo(filter);
    }

    @Property(tries = 1000)
    void everyExpressionCanBeAskedOfEveryPacket(@ForAll("expressions") Expression expression) {
        DisplayFilter filter = new DisplayFilter(expression);
        boolean holds = filter.matches(Traced.delivered(), Traced.NAMES);
        assertThat(new DisplayFilter(new Not(expression)).matches(Traced.delivered(), Traced.NAMES))
                .isNotEqualTo(holds);
        filter.matches(Traced.dropped(), Traced.NAMES);
    }

    @Property(tries = 5000)
    void charactersWithoutSenseAreRefused(@ForAll("soup") String soup) {
        parsesOrSaysWhatIsWrong(soup);
    }

    @Property(tries = 5000)
    void damagedExpressionsAreReadOrRefused(
            @ForAll("expressions") Expression expression, @ForAll("soup") String soup, @ForAll int where) {
        String text = new DisplayFilter(expression).text();
        int at = Math.floorMod(where, text.length());
        int to = Math.min(text.length(), at + soup.length() % 7);
        parsesOrSaysWhatIsWrong(text.substring(0, at) + soup + text.substring(to));
        parsesOrSaysWhatIsWrong(text.substring(0, at) + text.substring(to));
    }

    private static void parsesOrSaysWhatIsWrong(String text) {
        try {
            DisplayFilter filter = DisplayFilter.parse(text);
            assertThat(DisplayFilter.parse(filter.text())).isEqualTo(filter);
            filter.matches(Traced.delivered(), Traced.NAMES);
        } catch (FilterException e) {
            assertThat(e.position()).isBetween(0, text.length());
            assertThat(e.lines(COLUMNS)).hasSize(3).allMatch(line -> line.matches("[ -~]*"));
            assertThat(e.lines(COLUMNS).get(1).length()).isLessThanOrEqualTo(COLUMNS);
        }
    }

    @Provide
    Arbitrary<String> soup() {
        Arbitrary<String> pieces = Arbitraries.of(
                "(",
                ")",
                "!",
                "not ",
                "&&",
                " or ",
                "any(",
                "all(",
                "has(",
                "path has ",
                "in {",
                "..",
                ",",
                "}",
                "~",
                "\"",
                "\\",
                "==",
                "!=",
                "<",
                "latency",
                "event.len",
                "edge.kind",
                "verdict",
                "dropped",
                "5",
                "2ms",
                "10.0.0.0/8",
                "::1",
                "\"(a+)+$\"",
                "\u0000",
                "\ud800",
                "\u00e9",
                " ");
        return Arbitraries.oneOf(
                pieces.list().ofMaxSize(12).map(list -> String.join("", list)),
                Arbitraries.strings().ofMaxLength(30),
                Arbitraries.strings().ascii().ofMaxLength(30));
    }

    @Provide
    Arbitrary<Expression> expressions() {
        return about(Level.PACKET, DEPTH);
    }

    private static Arbitrary<Expression> about(Level level, int depth) {
        Arbitrary<Expression> leaf = Arbitraries.of(Fields.of(level)).flatMap(DisplayPropertiesTest::ofField);
        if (level == Level.PACKET) {
            leaf = Arbitraries.oneOf(leaf, texts().map(PathHas::new));
        }
        if (depth == 0) {
            return leaf;
        }
        Arbitrary<Expression> inner = about(level, depth - 1);
        Function<Function<List<Expression>, Expression>, Arbitrary<Expression>> joined =
                join -> inner.list().ofMinSize(2).ofMaxSize(3).map(join);
        Arbitrary<Expression> any =
                Arbitraries.oneOf(leaf, inner.map(Not::new), joined.apply(And::new), joined.apply(Or::new));
        return level != Level.PACKET
                ? any
                : Arbitraries.oneOf(any, quantified(Level.EVENT, depth - 1), quantified(Level.EDGE, depth - 1));
    }

    private static Arbitrary<Expression> quantified(Level level, int depth) {
        return Combinators.combine(Arbitraries.of(Quantifier.class), about(level, depth))
                .as(Quantified::new);
    }

    private static Arbitrary<Expression> ofField(Field field) {
        Arbitrary<Expression> has = Arbitraries.just(new Has(field));
        Arbitrary<Expression> compare = Arbitraries.of(Relation.class)
                .filter(relation -> field.type().ordered() || !relation.orders())
                .flatMap(relation -> (relation.orders() ? single(field) : value(field))
                        .map(value -> new Compare(field, relation, value)));
        Arbitrary<Expression> in = item(field).list().ofMinSize(1).ofMaxSize(3).map(items -> new In(field, items));
        Arbitrary<Expression> matches = Arbitraries.of("", "a", "^x\\d+$", "\"", "\u00e9|\n")
                .map(pattern -> new Matches(field, Regex.of(pattern)));
        return field.type().readable()
                ? Arbitraries.oneOf(has, compare, in, matches)
                : Arbitraries.oneOf(has, compare, in);
    }

    private static Arbitrary<Item> item(Field field) {
        Arbitrary<Item> one = value(field).map(Item.One::new);
        if (!field.type().ordered()) {
            return one;
        }
        return Arbitraries.oneOf(
                one,
                Combinators.combine(single(field), single(field))
                        .as((a, b) -> Value.compare(a, b) <= 0 ? new Item.Range(a, b) : new Item.Range(b, a)));
    }

    private static Arbitrary<Value> value(Field field) {
        return switch (field.type()) {
            case BOOLEAN -> Arbitraries.of(true, false).map(Value.Flag::new);
            case NUMBER, SIZE, DURATION, ADDRESS ->
                field.type() == ValueType.ADDRESS
                        ? Combinators.combine(
                                        addresses(), Arbitraries.integers().between(0, 128))
                                .as((address, prefix) -> new Value.Network(address, prefix % (address.bits() + 1)))
                        : single(field);
            case TEXT -> Arbitraries.strings().ofMaxLength(8).map(Value.Text::new);
            case WORD -> Arbitraries.of(field.words()).map(Value.Text::new);
            case ID -> Arbitraries.longs().map(Value.Id::new);
        };
    }

    /** Of a type with an order; no networks. */
    private static Arbitrary<Value> single(Field field) {
        return field.type() == ValueType.ADDRESS
                ? addresses().map(Value.Network::of)
                : Arbitraries.oneOf(
                                Arbitraries.longs().between(0, Long.MAX_VALUE),
                                Arbitraries.of(0L, 1L, 1_000L, 1L << 20, 3_600_000_000_000L))
                        .map(Value.Amount::new);
    }

    private static Arbitrary<IpAddress> addresses() {
        Arbitrary<IpAddress> four =
                Arbitraries.longs().between(0, 0xffffffffL).map(low -> new IpAddress(false, 0, low));
        Arbitrary<IpAddress> six = Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
                .as((high, low) -> new IpAddress(true, high, low));
        return Arbitraries.oneOf(four, six);
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.of("vxlan", "driver", "eth0", "10..9", "any", "a b"),
                Arbitraries.strings().ofMinLength(1).ofMaxLength(8));
    }
}

package traitrace.filter;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import traitrace.event.IpAddress;

/** Values as they are written. */
final class Literals {
    /** What one of a unit is in the smallest. */
    private record Unit(String name, long size) {}

    /** The largest first, so that a value is printed in the largest that gives a whole number. */
    private static final List<Unit> SIZES =
            List.of(new Unit("G", 1L << 30), new Unit("M", 1L << 20), new Unit("k", 1L << 10), new Unit("", 1));

    /** None without a unit: whether a bare 5 meant seconds or nanoseconds nobody would know. */
    private static final List<Unit> DURATIONS = List.of(
            new Unit("h", 3_600_000_000_000L),
            new Unit("m", 60_000_000_000L),
            new Unit("s", 1_000_000_000L),
            new Unit("ms", 1_000_000L),
            new Unit("us", 1_000L),
            new Unit("ns", 1L));

    private static final Pattern DECIMAL = Pattern.compile("(\\d{1,19}(?:\\.\\d{1,18})?)([a-zA-Z]*)");
    private static final Pattern WHOLE = Pattern.compile("\\d{1,19}");
    private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,16}");
    private static final Pattern ID = Pattern.compile("(?:0x)?([0-9a-fA-F]{1,16})");
    private static final int HEX_RADIX = 16;
    private static final int MAX_WORDS_SHOWN = 12;

    private Literals() {}

    /** A value of the type; empty if the token is none. */
    static Optional<Value> read(Field field, Token token) {
        String text = token.text();
        if (field.type() == ValueType.TEXT) {
            return token.kind() == Token.Kind.TEXT ? Optional.of(new Value.Text(text)) : Optional.empty();
        }
        if (token.kind() != Token.Kind.WORD) {
            return Optional.empty();
        }
        return switch (field.type()) {
            case BOOLEAN ->
                text.equals("true") || text.equals("false")
                        ? Optional.of(new Value.Flag(text.equals("true")))
                        : Optional.empty();
            case NUMBER -> number(text).map(Value.Amount::new);
            case SIZE -> amount(text, SIZES).map(Value.Amount::new);
            case DURATION -> amount(text, DURATIONS).map(Value.Amount::new);
            case WORD -> field.words().contains(text) ? Optional.of(new Value.Text(text)) : Optional.empty();
            case ADDRESS -> network(text);
            case ID -> id(text);
            case TEXT -> throw new AssertionError("read above");
        };
    }

    /** What is wrong with a token that {@link #read} did not take. */
    static FilterException refuse(String expression, Field field, Token token) {
        boolean word = field.type() == ValueType.WORD;
        String shown = token.shown();
        String wrong;
        String advice = field.type().advice();
        if (token.kind() == Token.Kind.END || token.kind() == Token.Kind.SIGN) {
            wrong = "a value for " + field + " is missing";
            advice = word ? words(field) : advice;
        } else if (token.kind() == Token.Kind.WORD && Fields.find(token.text()).isPresent()) {
            wrong = shown + " is a field";
            advice = "compare " + field + " with a value";
        } else if (word && !field.words().contains(token.text())) {
            wrong = field + " is never " + shown;
            advice = Suggestion.among(token.text(), field.words()).orElse(words(field));
        } else {
            wrong = shown + " is no " + field.type().label() + ", and " + field + " is one";
        }
        return new FilterException(expression, token.start(), wrong, advice);
    }

    private static String words(Field field) {
        List<String> words = field.words();
        boolean all = words.size() <= MAX_WORDS_SHOWN;
        return "it is " + String.join(", ", all ? words : words.subList(0, MAX_WORDS_SHOWN))
                + (all ? "" : " and " + (words.size() - MAX_WORDS_SHOWN) + " more");
    }

    private static Optional<Long> number(String text) {
        if (HEX.matcher(text).matches()) {
            long number = Long.parseUnsignedLong(text.substring(2), HEX_RADIX);
            return number < 0 ? Optional.empty() : Optional.of(number);
        }
        return WHOLE.matcher(text).matches() ? exact(new BigDecimal(text)) : Optional.empty();
    }

    private static Optional<Long> amount(String text, List<Unit> units) {
        Matcher m = DECIMAL.matcher(text);
        if (!m.matches()) {
            return Optional.empty();
        }
        return units.stream()
                .filter(unit -> unit.name.equals(m.group(2)))
                .findFirst()
                .flatMap(unit -> exact(new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(unit.size))));
    }

    /** Empty if it is no whole number below 2^63. */
    private static Optional<Long> exact(BigDecimal number) {
        try {
            return Optional.of(number.longValueExact());
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }

    private static Optional<Value> id(String text) {
        Matcher m = ID.matcher(text);
        return m.matches()
                ? Optional.of(new Value.Id(Long.parseUnsignedLong(m.group(1), HEX_RADIX)))
                : Optional.empty();
    }

    private static Optional<Value> network(String text) {
        int slash = text.indexOf('/');
        Optional<IpAddress> address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (slash < 0) {
            return address.map(Value.Network::of);
        }
        String prefix = text.substring(slash + 1);
        return address.filter(a -> prefix.matches("\\d{1,3}") && Integer.parseInt(prefix) <= a.bits())
                .map(a -> new Value.Network(a, Integer.parseInt(prefix)));
    }

    /** As {@link #read} takes it. */
    static String print(Field field, Value value) {
        if (value instanceof Value.Flag flag) {
            return Boolean.toString(flag.value());
        }
        if (value instanceof Value.Id id) {
            return String.format("%016x", id.value());
        }
        if (value instanceof Value.Network network) {
            return network.address() + (network.isAddress() ? "" : "/" + network.prefix());
        }
        if (value instanceof Value.Text text) {
            return field.type() == ValueType.WORD ? text.value() : Escapes.quoted(text.value());
        }
        long amount = ((Value.Amount) value).value();
        return switch (field.type()) {
            case SIZE -> print(amount, SIZES);
            case DURATION -> print(amount, DURATIONS);
            default -> Long.toString(amount);
        };
    }

    private static String print(long amount, List<Unit> units) {
        Unit smallest = units.get(units.size() - 1);
        Unit unit = units.stream()
                .filter(u -> amount != 0 && amount % u.size == 0)
                .findFirst()
                .orElse(smallest);
        return amount / unit.size + unit.name;
    }
}

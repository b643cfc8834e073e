package traitrace.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
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

/**
 * Recursive descent over this grammar:
 *
 * <pre>
 * or      = and { ("||" | "or") and }
 * and     = not { ("&amp;&amp;" | "and") not }
 * not     = ("!" | "not") not | "(" or ")" | ("any" | "all") "(" or ")" | has | path | compare
 * has     = "has" "(" field ")"
 * path    = "path" "has" (word | text)
 * compare = field [relation value | "~" text | "in" "{" item { "," item } "}"]
 * item    = value [".." value]
 * </pre>
 */
final class Parser {
    private static final Set<String> STANDS_ALONE = Set.of("not", "any", "all", "has");

    private final String text;
    private final List<Token> tokens;
    private int at;
    private int depth;
    /** Of the {@code any()} or {@code all()} that is being read; null outside. */
    private Inside inside;

    /** An {@code any()} or {@code all()}: its first field decides what it is about. */
    private static final class Inside {
        private final Token quantifier;
        private Level level;

        Inside(Token quantifier) {
            this.quantifier = quantifier;
        }

        String shown() {
            return quantifier.text() + "()";
        }
    }

    private Parser(String text) {
        this.text = text;
        this.tokens = Lexer.tokens(text);
    }

    /** @throws FilterException if it is wrong, too long or nested too deep */
    static Expression parse(String text) {
        if (text.length() > DisplayFilter.MAX_LENGTH) {
            throw new FilterException(
                    text,
                    DisplayFilter.MAX_LENGTH,
                    "the expression has " + text.length() + " characters",
                    "at most " + DisplayFilter.MAX_LENGTH + " are read");
        }
        Parser parser = new Parser(text);
        Expression expression = parser.or();
        Token rest = parser.peek();
        if (rest.kind() != Token.Kind.END) {
            throw parser.error(
                    rest,
                    rest.shown() + " has no meaning here",
                    rest.kind() == Token.Kind.WORD ? "join conditions with && or ||" : "");
        }
        return expression;
    }

    private Expression or() {
        return joined(this::and, "||", "or", Or::new);
    }

    private Expression and() {
        return joined(this::not, "&&", "and", And::new);
    }

    private Expression joined(
            Supplier<Expression> term, String sign, String word, Function<List<Expression>, Expression> join) {
        List<Expression> terms = new ArrayList<>();
        terms.add(term.get());
        while (peek().isSign(sign) || peek().isWord(word)) {
            at++;
            terms.add(term.get());
        }
        return terms.size() == 1 ? terms.get(0) : join.apply(terms);
    }

    private Expression not() {
        Token token = peek();
        if (token.isSign("!") || token.isWord("not")) {
            at++;
            return nested(token, () -> new Not(negated(token)));
        }
        if (token.isSign("(")) {
            return nested(token, this::inBrackets);
        }
        if (token.kind() != Token.Kind.WORD) {
            throw token.kind() == Token.Kind.END
                    ? error(token, "a condition is missing", "as in verdict == dropped")
                    : error(token, token.shown() + " begins no condition", "begin with a field, as in latency > 2ms");
        }
        at++;
        return switch (token.text()) {
            case "any" -> nested(token, () -> quantified(token, Quantifier.ANY));
            case "all" -> nested(token, () -> quantified(token, Quantifier.ALL));
            case "has" -> has(token);
            case "path" -> path(token);
            default -> {
                Field field = field(token);
                yield leaf(token, field, () -> comparison(field));
            }
        };
    }

    /** The canonical form has brackets around what is negated, which count. */
    private Expression negated(Token not) {
        boolean bare = peek().kind() == Token.Kind.WORD && !STANDS_ALONE.contains(peek().text());
        return bare ? nested(not, this::not) : not();
    }

    private Expression inBrackets() {
        expect("(");
        Expression expression = or();
        expect(")");
        return expression;
    }

    private Expression quantified(Token token, Quantifier quantifier) {
        if (inside != null) {
            throw error(token, token.text() + "() inside " + inside.shown(), "put the one beside the other");
        }
        inside = new Inside(token);
        Expression expression = new Quantified(quantifier, inBrackets());
        inside = null;
        return expression;
    }

    private Expression has(Token has) {
        expect("(");
        Token name = next();
        Field field = field(name);
        expect(")");
        return leaf(name, field, () -> new Has(field));
    }

    private Expression path(Token path) {
        if (!peek().isWord("has")) {
            throw error(peek(), "path is followed by has", "as in path has vxlan");
        }
        at++;
        if (inside != null) {
            throw error(path, "path has is about the packet", "write it outside " + inside.shown());
        }
        Token name = next();
        boolean names = name.kind() == Token.Kind.WORD || name.kind() == Token.Kind.TEXT;
        if (!names || name.text().isEmpty()) {
            throw error(
                    name,
                    "the name of a stage, hook, device, namespace or tunnel is missing",
                    "as in path has vxlan or path has \"eth0\"");
        }
        return new PathHas(name.text());
    }

    private Field field(Token token) {
        if (token.kind() != Token.Kind.WORD) {
            throw error(token, "the name of a field is missing", "traitrace fields lists them");
        }
        return Fields.find(token.text())
                .orElseThrow(() -> error(
                        token,
                        "there is no field " + token.shown(),
                        Suggestion.field(token.text()).orElse("traitrace fields lists them")));
    }

    /** Outside {@code any()} and {@code all()} what is about events or edges means any of them. */
    private Expression leaf(Token token, Field field, Supplier<Expression> read) {
        if (inside == null) {
            return field.level() == Level.PACKET
                    ? read.get()
                    : nested(token, () -> new Quantified(Quantifier.ANY, read.get()));
        }
        if (field.level() == Level.PACKET) {
            throw error(token, field + " is about the packet", "write it outside " + inside.shown());
        }
        if (inside.level == null) {
            inside.level = field.level();
        }
        if (inside.level != field.level()) {
            throw error(
                    token,
                    field + " is about an " + field.level().label() + ", what stands before it about an "
                            + inside.level.label(),
                    "give each its own " + inside.shown());
        }
        return read.get();
    }

    private Expression comparison(Field field) {
        Token operator = peek();
        Optional<Relation> relation = Arrays.stream(Relation.values())
                .filter(r -> operator.isSign(r.sign()))
                .findFirst();
        if (relation.isPresent()) {
            at++;
            return compare(field, relation.get(), operator);
        }
        if (operator.isSign("~")) {
            at++;
            return matches(field, operator);
        }
        if (operator.isWord("in")) {
            at++;
            return in(field);
        }
        if (field.type() == ValueType.BOOLEAN) {
            return new Compare(field, Relation.EQUAL, new Value.Flag(true));
        }
        throw error(operator, field + " is compared with nothing", "write ==, !=, <, <=, >, >=, ~ or in after it");
    }

    private Expression compare(Field field, Relation relation, Token operator) {
        if (relation.orders() && !field.type().ordered()) {
            throw error(
                    operator,
                    field + " is of type " + field.type().label() + ", which has no order",
                    field.type().readable() ? "use ==, !=, ~ or in" : "use == or !=");
        }
        return new Compare(field, relation, relation.orders() ? single(field) : value(field));
    }

    private Expression matches(Field field, Token operator) {
        if (!field.type().readable()) {
            throw error(
                    operator,
                    "~ is for text and words",
                    field + " is of type " + field.type().label());
        }
        Token pattern = next();
        if (pattern.kind() != Token.Kind.TEXT) {
            throw error(pattern, "a regular expression in double quotes is missing", "as in " + field + " ~ \"^a\"");
        }
        try {
            return new Matches(field, Regex.of(pattern.text()));
        } catch (IllegalArgumentException e) {
            throw error(pattern, e.getMessage(), "");
        }
    }

    private Expression in(Field field) {
        expect("{");
        List<Item> items = new ArrayList<>();
        do {
            items.add(item(field));
        } while (accept(","));
        expect("}");
        return new In(field, items);
    }

    private Item item(Field field) {
        Token first = peek();
        Value low = value(field);
        Token dots = peek();
        if (!accept("..")) {
            return new Item.One(low);
        }
        if (!field.type().ordered()) {
            throw error(
                    dots, field + " is of type " + field.type().label() + ", which has no order", "list the values");
        }
        requireSingle(first, low);
        Value high = single(field);
        if (Value.compare(low, high) > 0) {
            throw error(first, "this range is empty", "put the lower end first");
        }
        return new Item.Range(low, high);
    }

    private Value single(Field field) {
        Token token = peek();
        Value value = value(field);
        requireSingle(token, value);
        return value;
    }

    private void requireSingle(Token token, Value value) {
        if (value instanceof Value.Network network && !network.isAddress()) {
            throw error(token, token.shown() + " is a network", "only single addresses have an order");
        }
    }

    private Value value(Field field) {
        Token token = next();
        return Literals.read(field, token).orElseThrow(() -> Literals.refuse(text, field, token));
    }

    private Expression nested(Token token, Supplier<Expression> read) {
        if (++depth > DisplayFilter.MAX_DEPTH) {
            throw error(token, "the expression is nested too deep", "at most " + DisplayFilter.MAX_DEPTH + " levels");
        }
        Expression expression = read.get();
        depth--;
        return expression;
    }

    private Token peek() {
        return tokens.get(at);
    }

    /** The end stays where it is: it is the last token. */
    private Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Token.Kind.END) {
            at++;
        }
        return token;
    }

    private boolean accept(String sign) {
        boolean there = peek().isSign(sign);
        at += there ? 1 : 0;
        return there;
    }

    private void expect(String sign) {
        Token token = peek();
        if (!accept(sign)) {
            throw error(token, sign + " is missing before " + token.shown(), "");
        }
    }

    private FilterException error(Token token, String wrong, String advice) {
        return new FilterException(text, token.start(), wrong, advice);
    }
}

package traitrace.filter;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A display filter as data. What is about events or edges stands in a {@link Quantified}, so that the whole is about the
 * packet.
 *
 * <p>A field may have no value or several. A comparison holds if it holds for one of them; {@link Relation#NOT_EQUAL}
 * if there is one and none is equal.
 */
public sealed interface Expression {

    /** What it is about. */
    Level level();

    /** All terms hold. Terms that are conjunctions themselves are taken apart. */
    record And(List<Expression> terms) implements Expression {
        /** @throws IllegalArgumentException for less than two terms, or if they are not about the same */
        public And {
            terms = checked(terms, term -> term instanceof And and ? and.terms.stream() : Stream.of(term));
        }

        @Override
        public Level level() {
            return terms.get(0).level();
        }
    }

    /** One of the terms holds. Terms that are disjunctions themselves are taken apart. */
    record Or(List<Expression> terms) implements Expression {
        /** @throws IllegalArgumentException for less than two terms, or if they are not about the same */
        public Or {
            terms = checked(terms, term -> term instanceof Or or ? or.terms.stream() : Stream.of(term));
        }

        @Override
        public Level level() {
            return terms.get(0).level();
        }
    }

    record Not(Expression term) implements Expression {
        @Override
        public Level level() {
            return term.level();
        }
    }

    /** Whether one event or edge is enough. */
    enum Quantifier {
        ANY,
        /** Also true where there is none. */
        ALL
    }

    /** About the packet, by its events or its edges. */
    record Quantified(Quantifier quantifier, Expression term) implements Expression {
        /** @throws IllegalArgumentException if the term is about the packet */
        public Quantified {
            if (term.level() == Level.PACKET) {
                throw new IllegalArgumentException(term + " is about the packet");
            }
        }

        @Override
        public Level level() {
            return Level.PACKET;
        }
    }

    /** About one field. */
    sealed interface OfField extends Expression {
        Field field();

        @Override
        default Level level() {
            return field().level();
        }
    }

    /** The field has a value. */
    record Has(Field field) implements OfField {}

    /** The packet has an event with this stage, hook, device, namespace or kind of tunnel. */
    record PathHas(String name) implements Expression {
        @Override
        public Level level() {
            return Level.PACKET;
        }
    }

    enum Relation {
        EQUAL("=="),
        NOT_EQUAL("!="),
        LESS("<"),
        AT_MOST("<="),
        GREATER(">"),
        AT_LEAST(">=");

        private final String sign;

        Relation(String sign) {
            this.sign = sign;
        }

        String sign() {
            return sign;
        }

        boolean orders() {
            return this != EQUAL && this != NOT_EQUAL;
        }
    }

    /** @param value of the field's type */
    record Compare(Field field, Relation relation, Value value) implements OfField {}

    /** @param items never empty */
    record In(Field field, List<Item> items) implements OfField {
        public In {
            items = List.copyOf(items);
        }
    }

    /** An element of a set. */
    sealed interface Item {
        boolean covers(Value actual);

        record One(Value value) implements Item {
            @Override
            public boolean covers(Value actual) {
                return value.covers(actual);
            }
        }

        /** Both ends included. */
        record Range(Value low, Value high) implements Item {
            @Override
            public boolean covers(Value actual) {
                return Value.compare(low, actual) <= 0 && Value.compare(actual, high) <= 0;
            }
        }
    }

    /** The regular expression is found in the text. */
    record Matches(Field field, Regex regex) implements OfField {}

    private static List<Expression> checked(
            List<Expression> terms, Function<Expression, Stream<Expression>> takeApart) {
        List<Expression> flat = terms.stream().flatMap(takeApart).toList();
        if (flat.size() < 2 || flat.stream().map(Expression::level).distinct().count() > 1) {
            throw new IllegalArgumentException("terms that do not go together: " + terms);
        }
        return flat;
    }
}

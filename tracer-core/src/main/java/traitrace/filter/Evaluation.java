package traitrace.filter;

import java.util.List;
import java.util.stream.IntStream;
import traitrace.event.Tunnel;
import traitrace.filter.Expression.And;
import traitrace.filter.Expression.Compare;
import traitrace.filter.Expression.Has;
import traitrace.filter.Expression.In;
import traitrace.filter.Expression.Matches;
import traitrace.filter.Expression.Not;
import traitrace.filter.Expression.Or;
import traitrace.filter.Expression.PathHas;
import traitrace.filter.Expression.Quantified;
import traitrace.filter.Expression.Quantifier;
import traitrace.filter.Expression.Relation;
import traitrace.timeline.Hop;

/** Whether an expression holds. */
final class Evaluation {
    private Evaluation() {}

    static boolean holds(Expression expression, Subject subject) {
        if (expression instanceof And and) {
            return and.terms().stream().allMatch(term -> holds(term, subject));
        }
        if (expression instanceof Or or) {
            return or.terms().stream().anyMatch(term -> holds(term, subject));
        }
        if (expression instanceof Not not) {
            return !holds(not.term(), subject);
        }
        if (expression instanceof Quantified quantified) {
            return quantified(quantified, subject);
        }
        if (expression instanceof Has has) {
            return !values(has.field(), subject).isEmpty();
        }
        if (expression instanceof PathHas path) {
            return subject.timeline().hops().stream().anyMatch(hop -> passes(hop, path.name()));
        }
        if (expression instanceof Compare compare) {
            return compare(compare, values(compare.field(), subject));
        }
        if (expression instanceof In in) {
            return values(in.field(), subject).stream()
                    .anyMatch(value -> in.items().stream().anyMatch(item -> item.covers(value)));
        }
        Matches matches = (Matches) expression;
        return values(matches.field(), subject).stream()
                .anyMatch(value -> matches.regex().foundIn(((Value.Text) value).value()));
    }

    private static boolean quantified(Quantified quantified, Subject packet) {
        Expression term = quantified.term();
        IntStream all = IntStream.range(0, term.level().count(packet.timeline()));
        return quantified.quantifier() == Quantifier.ANY
                ? all.anyMatch(i -> holds(term, new Subject(packet.timeline(), packet.names(), i)))
                : all.allMatch(i -> holds(term, new Subject(packet.timeline(), packet.names(), i)));
    }

    private static List<Value> values(Field field, Subject subject) {
        return field.values().apply(subject);
    }

    private static boolean compare(Compare compare, List<Value> values) {
        Value literal = compare.value();
        if (compare.relation() == Relation.NOT_EQUAL) {
            return !values.isEmpty() && values.stream().noneMatch(literal::covers);
        }
        return values.stream().anyMatch(value -> switch (compare.relation()) {
            case EQUAL -> literal.covers(value);
            case LESS -> Value.compare(value, literal) < 0;
            case AT_MOST -> Value.compare(value, literal) <= 0;
            case GREATER -> Value.compare(value, literal) > 0;
            case AT_LEAST -> Value.compare(value, literal) >= 0;
            case NOT_EQUAL -> throw new AssertionError("compared above");
        });
    }

    private static boolean passes(Hop hop, String name) {
        return hop.hook().stage().label().equals(name)
                || hop.hook().kernelName().equals(name)
                || hop.device().equals(name)
                || hop.netnsName().equals(name)
                || Tunnel.of(hop.headers()).stream()
                        .anyMatch(tunnel -> tunnel.kind().equals(name));
    }
}

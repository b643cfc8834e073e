package traitrace.filter;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
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
import traitrace.filter.Expression.Relation;

/** The canonical form of an expression: printable ASCII on one line. */
final class Printer {
    private static final Value TRUE = new Value.Flag(true);

    private Printer() {}

    static String print(Expression expression) {
        if (expression instanceof And and) {
            return and.terms().stream()
                    .map(term -> term instanceof Or ? inBrackets(term) : print(term))
                    .collect(Collectors.joining(" && "));
        }
        if (expression instanceof Or or) {
            return or.terms().stream().map(Printer::print).collect(Collectors.joining(" || "));
        }
        if (expression instanceof Not not) {
            return "!" + (standsAlone(not.term()) ? print(not.term()) : inBrackets(not.term()));
        }
        if (expression instanceof Quantified quantified) {
            return quantified.quantifier().name().toLowerCase(Locale.ROOT) + inBrackets(quantified.term());
        }
        if (expression instanceof Has has) {
            return "has(" + has.field() + ")";
        }
        if (expression instanceof PathHas path) {
            return "path has " + (Lexer.isWord(path.name()) ? path.name() : Escapes.quoted(path.name()));
        }
        if (expression instanceof In in) {
            return in.field() + " in {" + items(in.field(), in.items()) + "}";
        }
        if (expression instanceof Matches matches) {
            return matches.field() + " ~ " + Escapes.quoted(matches.regex().toString());
        }
        Compare compare = (Compare) expression;
        return isFlag(compare)
                ? compare.field().name()
                : compare.field() + " " + compare.relation().sign() + " "
                        + Literals.print(compare.field(), compare.value());
    }

    private static String items(Field field, List<Item> items) {
        return items.stream()
                .map(item -> item instanceof Item.Range range
                        ? Literals.print(field, range.low()) + ".." + Literals.print(field, range.high())
                        : Literals.print(field, ((Item.One) item).value()))
                .collect(Collectors.joining(", "));
    }

    private static String inBrackets(Expression expression) {
        return "(" + print(expression) + ")";
    }

    /** Whether a ! before it is read right without brackets, by people too. */
    private static boolean standsAlone(Expression term) {
        return term instanceof Not
                || term instanceof Quantified
                || term instanceof Has
                || term instanceof Compare compare && isFlag(compare);
    }

    private static boolean isFlag(Compare compare) {
        return compare.relation() == Relation.EQUAL && compare.value().equals(TRUE);
    }
}

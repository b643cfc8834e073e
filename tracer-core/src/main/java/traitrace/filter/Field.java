package traitrace.filter;

import java.util.List;
import java.util.function.Function;

/**
 * Something that can be asked of a packet, an event or an edge.
 *
 * @param name dotted, in lower case
 * @param unit of a number; empty if it has none or its values carry one
 * @param description half a sentence without a full stop
 * @param words of a {@link ValueType#WORD}: all that there are
 * @param values reads them: none if the field is missing there
 */
public record Field(
        String name,
        Level level,
        ValueType type,
        String unit,
        String description,
        List<String> words,
        Function<Subject, List<Value>> values) {
    public Field {
        words = List.copyOf(words);
    }

    /** The name: what else it has follows from that. */
    @Override
    public String toString() {
        return name;
    }
}

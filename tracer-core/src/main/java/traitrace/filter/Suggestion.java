package traitrace.filter;

import java.util.Collection;
import java.util.Optional;
import traitrace.names.NearMiss;

/** What the writer of a misspelt word may have meant. */
final class Suggestion {
    private Suggestion() {}

    /** {@code did you mean dropped?}; empty if no word is near. */
    static Optional<String> among(String typed, Collection<String> known) {
        return known.stream()
                .filter(word -> NearMiss.near(typed, word))
                .findFirst()
                .map(Suggestion::ask);
    }

    /** Of a field: also one of which only the first parts of the name are missing. */
    static Optional<String> field(String typed) {
        Collection<String> names = Fields.all().stream().map(Field::name).toList();
        return among(typed, names).or(() -> names.stream()
                .filter(name -> name.endsWith("." + typed))
                .findFirst()
                .map(Suggestion::ask));
    }

    private static String ask(String word) {
        return "did you mean " + word + "?";
    }
}

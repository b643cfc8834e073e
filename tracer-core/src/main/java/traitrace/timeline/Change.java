package traitrace.timeline;

/**
 * What is different from the hop before.
 *
 * @param field the name in JSON and filters, one of {@link Changes#FIELDS}
 * @param before as shown; empty if there was nothing
 * @param after as shown; empty if there is nothing now
 */
public record Change(String field, String before, String after) {}

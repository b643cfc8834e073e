package traitrace.timeline;

/**
 * What is different from the hop before.
 *
 * @param field the name in JSON and filters: {@code netns}, {@code dev}, {@code src}, {@code dst}, {@code mark},
 *     {@code len}, {@code encapsulation}, {@code checksum}, {@code ttl}, {@code vlan}, {@code gso}
 * @param before as shown; empty if there was nothing
 * @param after as shown; empty if there is nothing now
 */
public record Change(String field, String before, String after) {}

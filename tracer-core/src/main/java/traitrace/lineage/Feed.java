package traitrace.lineage;

/**
 * Bytes of a send that were received before.
 *
 * @param at offset of the first in the bytes of the send
 * @param length bytes, at least 1
 * @param receive the call that got them
 * @param offset of the first in the bytes of that call
 */
record Feed(long at, long length, Receive receive, long offset, Relation relation) {
    long end() {
        return at + length;
    }
}

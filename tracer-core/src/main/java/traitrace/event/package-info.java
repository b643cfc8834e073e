/** The event ABI decoded: the probes' records where they lie in the ring, and the headers in them. */
package traitrace.event;

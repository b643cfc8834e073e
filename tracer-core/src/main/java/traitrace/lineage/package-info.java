/** Which skb came from which, how that is known, and which packet they all are. */
package traitrace.lineage;

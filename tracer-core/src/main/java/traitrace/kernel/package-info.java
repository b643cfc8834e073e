/** What the running kernel allows and gives: libbpf and libpcap, BTF, symbols, attach plans and the rings. */
package traitrace.kernel;

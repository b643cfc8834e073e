/** Names for the numbers in events: namespaces, devices, processes, drop reasons and kernel functions. */
package traitrace.names;

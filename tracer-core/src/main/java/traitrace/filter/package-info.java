/** Which packets: the capture filter that runs in the kernel and the display filter that runs over timelines. */
package traitrace.filter;

/** Packets written for other programs and read back: JSON Lines, recordings, pcapng, Perfetto and OTLP. */
package traitrace.export;

package traitrace.lab;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * Packets whose truth is known: each message carries its number (see {@link Numbering}).
 *
 * <p>Common to all kinds: {@code name} is unique in the scenario; {@code from} is the sender's namespace; {@code count}
 * messages of {@code payloadBytes} each are sent, {@code gapMicros} apart; {@code numberOffset} is where the number lies
 * in the payload.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Traffic.Udp.class, name = "udp"),
    @JsonSubTypes.Type(value = Traffic.Tcp.class, name = "tcp"),
    @JsonSubTypes.Type(value = Traffic.Ping.class, name = "ping"),
    @JsonSubTypes.Type(value = Traffic.Program.class, name = "program"),
    @JsonSubTypes.Type(value = Traffic.Requests.class, name = "requests")
})
public sealed interface Traffic {
    String name();

    String from();

    int count();

    int payloadBytes();

    int numberOffset();

    /** Whether several numbers may lawfully travel in one packet. */
    boolean stream();

    /**
     * The far end of UDP or TCP traffic.
     *
     * @param address to bind; empty = any
     * @param join UDP: the device on which it joins the group that is the traffic's target; empty = none
     * @param argv UDP: a program that receives in our place and prints what it received; empty = ours
     * @param receiveBuffer SO_RCVBUF in bytes; 0 = the kernel's choice
     * @param asleep does not read until everything was sent; TCP: nor for more than a second after the connection
     *     was made, since a sender may have to wait for room
     * @param echo sends every message back
     * @param vanish TCP: resets the connection as soon as it is accepted
     * @param copies UDP: how often every message arrives where the network duplicates; 0 = 1
     */
    record Sink(
            String ns,
            String address,
            int port,
            String join,
            List<String> argv,
            int receiveBuffer,
            boolean asleep,
            boolean echo,
            boolean vanish,
            int copies) {
        public Sink {
            copies = Math.max(1, copies);
            address = address == null ? "" : address;
            join = join == null ? "" : join;
            argv = Topology.listOf(argv);
        }
    }

    /**
     * Datagrams.
     *
     * @param bind the sender's address; empty = the kernel's choice
     * @param sourcePort 0 = the kernel's choice
     * @param portPerDatagram every datagram has a socket of its own, the first bound to {@code sourcePort} (not 0), each
     *     following to the next port: for tracers that show ports and no payload
     * @param connected the sender connects its socket, else it names the target with every datagram
     * @param lockstep every datagram waits for the reply to the one before, up to 500 ms
     * @param sockets how many sockets, and thereby source ports, take turns; 0 = 1
     * @param window how many may be on their way to the sink before the next waits, up to 500 ms; 0 = no limit
     * @param sink null if a daemon, or nobody, listens
     */
    record Udp(
            String name,
            String from,
            String bind,
            int sourcePort,
            boolean portPerDatagram,
            String to,
            int port,
            int count,
            int payloadBytes,
            int numberOffset,
            int gapMicros,
            boolean connected,
            boolean lockstep,
            int sockets,
            int window,
            Sink sink)
            implements Traffic {
        private static final int LAST_PORT = 65_535;

        public Udp {
            sockets = Math.max(1, sockets);
            bind = bind == null ? "" : bind;
            numberOffset = Numbering.check(numberOffset, payloadBytes);
            if (portPerDatagram && (sourcePort <= 0 || sourcePort + count > LAST_PORT + 1)) {
                throw new IllegalArgumentException(
                        "no " + count + " ports for as many datagrams from port " + sourcePort + " on");
            }
        }

        /** As many others, of another size. */
        Udp of(int otherCount, int otherPayloadBytes) {
            return new Udp(
                    name,
                    from,
                    bind,
                    sourcePort,
                    portPerDatagram,
                    to,
                    port,
                    otherCount,
                    otherPayloadBytes,
                    numberOffset,
                    gapMicros,
                    connected,
                    lockstep,
                    sockets,
                    window,
                    sink);
        }

        /** The same datagrams, each from a port of its own, not closer to each other than this. */
        Udp fromPorts(int first, int leastGapMicros) {
            return new Udp(
                    name,
                    from,
                    bind,
                    first,
                    true,
                    to,
                    port,
                    count,
                    payloadBytes,
                    numberOffset,
                    Math.max(gapMicros, leastGapMicros),
                    connected,
                    lockstep,
                    sockets,
                    window,
                    sink);
        }

        @Override
        public boolean stream() {
            return false;
        }
    }

    /**
     * One connection that carries messages of constant size.
     *
     * @param perWrite messages handed to the kernel at once; 0 = 1. Many make GSO packets.
     * @param window how many messages may be on their way to the sink before the next write waits; 0 = no limit but the
     *     receiver's own, at which the kernel cuts packets where no message begins
     * @param replies the sender waits for every message to come back
     * @param lockstep with replies: each write waits for the last one's messages to come back, so that nobody on the way
     *     can put two of them into one segment
     * @param abort the sender ends the connection with a reset, when all has arrived
     * @param sink null if a daemon listens
     */
    record Tcp(
            String name,
            String from,
            String to,
            int port,
            int count,
            int payloadBytes,
            int numberOffset,
            int gapMicros,
            int perWrite,
            int window,
            boolean replies,
            boolean lockstep,
            boolean abort,
            Sink sink)
            implements Traffic {
        public Tcp {
            numberOffset = Numbering.check(numberOffset, payloadBytes);
            perWrite = Math.max(1, perWrite);
        }

        @Override
        public boolean stream() {
            return true;
        }
    }

    /**
     * Echo requests by {@code ping}. Their number is the ICMP sequence number, not in the payload.
     *
     * @param options further arguments of ping
     */
    record Ping(String name, String from, String to, int count, int payloadBytes, int gapMicros, List<String> options)
            implements Traffic {
        public Ping {
            options = Topology.listOf(options);
        }

        @Override
        public int numberOffset() {
            return Numbering.NONE;
        }

        @Override
        public boolean stream() {
            return false;
        }
    }

    /** What requests and answers are. */
    enum Protocol {
        UDP,
        TCP,
        /** HTTP, whose requests have no body. */
        GET,
        /** HTTP, whose requests have a body, too. */
        POST,
        DNS;

        boolean http() {
            return this == GET || this == POST;
        }

        /** Else a stream. */
        boolean datagrams() {
            return this == UDP || this == DNS;
        }
    }

    /**
     * Requests that are answered, each client's next one only when the last one was: see {@link Requests}. No packet
     * carries two of them.
     *
     * @param clients each has a socket, and where the protocol has them a connection, of its own; they take turns with
     *     the numbers. 0 = 1
     * @param payloadBytes of UDP and TCP the message, of HTTP the bodies; of DNS it tells nothing
     * @param sink answers; null if a daemon does
     */
    record Requests(
            String name,
            String from,
            Protocol protocol,
            String to,
            int port,
            int clients,
            int count,
            int payloadBytes,
            int numberOffset,
            int gapMicros,
            Sink sink)
            implements Traffic {
        public Requests {
            clients = Math.max(1, clients);
            numberOffset = Numbering.check(numberOffset, payloadBytes);
        }

        @Override
        public boolean stream() {
            return false;
        }
    }

    /**
     * A program that sends what it reads, one message at a time, and prints what it receives: {@code socat -b N -
     * UDP:...}.
     *
     * @param perWrite messages given to it at once; 0 = 1. Many make GSO packets where the program asks for them
     * @param stream it speaks a stream protocol, or lets the kernel put several messages into one packet
     * @param replies it is expected to print every message again
     * @param lockstep the next message is given to it when the last one was printed again: then nobody on the way can
     *     put two of them into one segment
     * @param sink of datagrams; null if a daemon, or nobody, listens
     */
    record Program(
            String name,
            String from,
            List<String> argv,
            int count,
            int payloadBytes,
            int numberOffset,
            int gapMicros,
            int perWrite,
            boolean stream,
            boolean replies,
            boolean lockstep,
            Sink sink)
            implements Traffic {
        public Program {
            argv = Topology.listOf(argv);
            numberOffset = Numbering.check(numberOffset, payloadBytes);
            perWrite = Math.max(1, perWrite);
        }
    }
}

package traitrace.lab;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import traitrace.TracerException;

/** Sends one traffic in a laboratory and notes what arrived. */
public final class Exchange {
    /** Nothing arrives later than this after the last sending or arrival. */
    static final long QUIET_NS = 300_000_000L;
    /** No traffic may take longer. */
    static final long LIMIT_NS = 60_000_000_000L;

    private Exchange() {}

    /**
     * Runs a traffic to its end.
     *
     * @param first the number of its first message; the others follow
     * @throws TracerException if it cannot be sent at all; losses are no errors
     */
    public static TrafficResult run(Laboratory lab, Traffic traffic, long first) {
        List<Long> numbers =
                LongStream.range(first, first + traffic.count()).boxed().toList();
        try {
            if (traffic instanceof Traffic.Udp udp) {
                return UdpExchange.run(lab, udp, numbers);
            } else if (traffic instanceof Traffic.Tcp tcp) {
                return TcpExchange.run(lab, tcp, numbers);
            } else if (traffic instanceof Traffic.Ping ping) {
                return PingExchange.run(lab, ping);
            } else if (traffic instanceof Traffic.Requests requests) {
                return RequestExchange.run(lab, requests, numbers);
            } else {
                return ProgramExchange.run(lab, (Traffic.Program) traffic, numbers);
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new TracerException(TracerException.Kind.FAILURE, "traffic \"" + traffic.name() + "\": " + e, "", e);
        }
    }

    /** Waits for the gap between two messages. */
    static void gap(int micros) {
        if (micros > 0) {
            LockSupport.parkNanos(micros * 1000L);
        }
    }
}

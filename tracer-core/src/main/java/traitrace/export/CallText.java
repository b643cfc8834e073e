package traitrace.export;

import traitrace.event.Transfer;
import traitrace.timeline.Hop;

/** A call that moved bytes, in a few words. */
final class CallText {
    private CallText() {}

    /** {@code recv fd 9 517 B}, {@code send fd 12 517 B}, {@code peek 20 B} where the descriptor is not known. */
    static String of(Hop hop) {
        String fd = hop.call().fd() < 0 ? "" : " fd " + hop.call().fd();
        return verb(hop) + fd + " " + hop.lenBytes() + " B";
    }

    private static String verb(Hop hop) {
        if (hop.call().call() == Transfer.Call.SPLICE || hop.call().call() == Transfer.Call.SENDFILE) {
            return hop.call().call().label();
        }
        return hop.sent() ? "send" : hop.call().peeked() ? "peek" : "recv";
    }
}

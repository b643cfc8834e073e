package traitrace.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import traitrace.cli.Tracer.Request;
import traitrace.kernel.Hooks;

/** What to capture, and with what: options of every command that does. */
class CaptureChoice {
    @Option(
            names = "--netns",
            paramLabel = "NETNS",
            converter = Converters.Namespace.class,
            description = "Only packets that touch this network namespace: NAME, pid:N or inode:N. Repeatable.")
    private List<String> netns = List.of();

    @Option(
            names = "--ring",
            paramLabel = "SIZE",
            converter = Converters.RingSize.class,
            description = "Memory in the kernel for events on their way here, for each of up to 16 groups of CPUs:"
                    + " 64k to 512M, a power of two. By default 8M. More loses fewer.")
    private Integer ring;

    @Option(
            names = "--hooks",
            paramLabel = "WHICH",
            converter = Converters.HookFamilies.class,
            description = "Which hooks: stages (tracepoints, on every kernel), lineage (functions that make and copy"
                    + " packets as well, so that links are proved; or nothing), auto (what the kernel allows; usual).")
    private Hooks hooks;

    @Option(
            names = "--no-user-space",
            description = "Do not look at what processes receive and send: a packet ends where a process gets it.")
    private boolean noUserSpace;

    /** @param filter in the syntax of pcap-filter(7); empty = everything */
    Request request(String filter) {
        return new Request(filter, netns, ring, hooks == null ? Hooks.AUTO : hooks, !noUserSpace);
    }

    /** The options, as given, that mean something to a kernel and nothing to a recording. */
    List<String> given() {
        List<String> given = new ArrayList<>();
        if (ring != null) {
            given.add("--ring");
        }
        if (hooks != null) {
            given.add("--hooks");
        }
        if (noUserSpace) {
            given.add("--no-user-space");
        }
        return given;
    }
}

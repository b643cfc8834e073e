package traitrace.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import traitrace.TracerException;

/**
 * What this process may do, as the kernel says it.
 *
 * @param effective the set CapEff, a bit for each capability
 * @param root whether the effective user id is 0
 * @param ofHost false in a user namespace other than the first, where capabilities do not count for BPF
 */
record Capabilities(long effective, boolean root, boolean ofHost) {
    // Bits of CapEff (include/uapi/linux/capability.h).
    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_PERFMON = 38;
    private static final int CAP_BPF = 39;

    private static final Pattern CAP_EFF = Pattern.compile("CapEff:\\s+([0-9a-f]{1,16})\\b");
    private static final Pattern EFFECTIVE_UID = Pattern.compile("Uid:\\s+\\d{1,10}\\s+(\\d{1,10})\\b");
    /** PROC_USER_INIT_INO (include/linux/proc_ns.h, Linux 3.8 to 7.2). */
    private static final String FIRST_USER_NAMESPACE = "user:[4026531837]";

    private static final int MAX_BYTES = 1 << 16;

    /** Those of this process; empty if {@code proc} does not tell. */
    static Optional<Capabilities> of(Path proc) {
        String status;
        try (InputStream in = Files.newInputStream(proc.resolve("self/status"))) {
            status = new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return Optional.empty();
        }
        Matcher set = CAP_EFF.matcher(status);
        if (!set.find()) {
            return Optional.empty();
        }
        Matcher user = EFFECTIVE_UID.matcher(status);
        return Optional.of(new Capabilities(
                Long.parseUnsignedLong(set.group(1), 16),
                user.find() && user.group(1).equals("0"),
                userNamespace(proc).map(FIRST_USER_NAMESPACE::equals).orElse(true)));
    }

    private static Optional<String> userNamespace(Path proc) {
        try {
            return Optional.of(
                    Files.readSymbolicLink(proc.resolve("self/ns/user")).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Without which no program can be loaded. CAP_SYS_ADMIN stands for both (include/linux/capability.h). */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (!has(CAP_SYS_ADMIN) && !has(CAP_BPF)) {
            missing.add("CAP_BPF");
        }
        if (!has(CAP_SYS_ADMIN) && !has(CAP_PERFMON)) {
            missing.add("CAP_PERFMON");
        }
        return missing;
    }

    boolean sysAdmin() {
        return has(CAP_SYS_ADMIN);
    }

    boolean netAdmin() {
        return has(CAP_NET_ADMIN);
    }

    private boolean has(int capability) {
        return (effective >>> capability & 1) != 0;
    }

    /** Why no program can be loaded, in a few words; empty if nothing is known that forbids it. */
    Optional<String> obstacle() {
        if (!missing().isEmpty()) {
            return Optional.of("without " + String.join(", ", missing()));
        }
        return ofHost ? Optional.empty() : Optional.of("those of a user namespace, which do not count for BPF");
    }

    /** What removes the {@link #obstacle}. */
    String remedy() {
        if (!ofHost) {
            return "run it as root outside of the user namespace or rootless container";
        }
        // Telling root to run it as root would help nobody.
        return root
                ? "give them to the service or container, as in docker run --cap-add BPF --cap-add PERFMON"
                : "run it as root, with sudo for example";
    }

    /** @throws TracerException PERMISSION if it is certain that no program can be loaded */
    void require() {
        if (!missing().isEmpty()) {
            throw new TracerException(
                    TracerException.Kind.PERMISSION,
                    "no permission to trace, " + String.join(" and ", missing())
                            + (missing().size() == 1 ? " is" : " are") + " missing",
                    remedy());
        }
        obstacle().ifPresent(what -> {
            throw new TracerException(
                    TracerException.Kind.PERMISSION, "no permission to trace, our capabilities are " + what, remedy());
        });
    }
}

package traitrace.names;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which container a process is in, as the name of its cgroup tells. */
public final class Containers {
    /** As {@code docker ps} and {@code crictl ps} show them. */
    private static final int SHORT_ID = 12;

    private static final int MAX_BYTES = 8192;
    /** Of the unified hierarchy (Documentation/admin-guide/cgroup-v2.rst, "Processes"). */
    private static final String UNIFIED = "0::";

    /** Docker, containerd, CRI-O and podman name cgroups by the 64 hex digits of the container's id. */
    private static final Pattern ID = Pattern.compile("(?:^|[-/:.])([0-9a-f]{64})(?:[./]|$)");
    /** LXC, and what systemd-machined knows: by the name that was chosen. */
    private static final List<Pattern> NAMES = List.of(
            Pattern.compile("(?:^|/)lxc(?:\\.payload[./]|/)([^/]+)"),
            Pattern.compile("(?:^|/)machine-([^/]+)\\.scope"),
            Pattern.compile("(?:^|/)systemd-nspawn@([^/]+)\\.service"));

    private Containers() {}

    /** Of a process by its cgroup now; empty if it is in none, or there is no such process. */
    public static String of(Path proc, int pid) {
        if (pid <= 0) {
            return "";
        }
        try (InputStream in =
                Files.newInputStream(proc.resolve(Integer.toString(pid)).resolve("cgroup"))) {
            return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1)
                    .lines()
                    .filter(line -> line.startsWith(UNIFIED))
                    .map(line -> ofCgroup(line.substring(UNIFIED.length())))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** Of the innermost container in a path of cgroups: its short id, or its name; empty if there is none. */
    static String ofCgroup(String path) {
        String id = "";
        Matcher ids = ID.matcher(path);
        int at = 0;
        while (ids.find(at)) {
            id = ids.group(1).substring(0, SHORT_ID);
            at = ids.end(1);
        }
        if (!id.isEmpty()) {
            return id;
        }
        for (Pattern pattern : NAMES) {
            Matcher name = pattern.matcher(path);
            if (name.find()) {
                return SafeText.ofLatin1(name.group(1));
            }
        }
        return "";
    }
}

package traitrace.names;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Names of running processes, from {@code /proc/PID/comm}. */
public final class ProcessNames {
    /** TASK_COMM_LEN is 16 (include/linux/sched.h); kernel threads show up to 64 (fs/proc/array.c, proc_task_name). */
    private static final int MAX_BYTES = 128;

    private ProcessNames() {}

    /** The name a process has now, fit to be shown; empty if there is no such process or it may not be read. */
    public static String comm(Path proc, int pid) {
        if (pid <= 0) {
            return "";
        }
        try (InputStream in =
                Files.newInputStream(proc.resolve(Integer.toString(pid)).resolve("comm"))) {
            byte[] bytes = in.readNBytes(MAX_BYTES);
            // The kernel adds a newline; one inside the name is escaped.
            boolean newline = bytes.length > 0 && bytes[bytes.length - 1] == '\n';
            return SafeText.ofBytes(newline ? Arrays.copyOf(bytes, bytes.length - 1) : bytes);
        } catch (IOException e) {
            return "";
        }
    }
}

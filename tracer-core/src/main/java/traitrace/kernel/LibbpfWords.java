package traitrace.kernel;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jnr.ffi.Pointer;

/** What libbpf says while it works: its warnings hold the verifier's log. One listens at a time. */
final class LibbpfWords {
    private static final int WARN = 0;
    private static final int KEPT = 16 * 1024;
    /** The log comes in one piece, of up to 16 MiB (libbpf, BPF_LOG_BUF_SIZE), and its end is what matters. */
    private static final int LONGEST = (16 << 20) + 4096;
    /** How lines begin that come after the verifier's last word. */
    private static final List<String> STATISTICS =
            List.of("--", "processed ", "verification time ", "stack depth ", "insns processed ");

    private static final Pattern PROGRAM = Pattern.compile("^libbpf: prog '([^']+)'");
    /** Kept for ever: native code calls it. */
    private static LibbpfWords listener;

    private final StringBuilder text = new StringBuilder();
    private Libbpf.Print print;

    static synchronized LibbpfWords listen(Libbpf libbpf, Libc libc) {
        LibbpfWords words = new LibbpfWords();
        words.print = (level, format, arguments) -> words.add(libc, level, format, arguments);
        libbpf.libbpf_set_print(words.print);
        listener = words;
        return listener;
    }

    private int add(Libc libc, int level, String format, Pointer arguments) {
        if (level != WARN) {
            return 0;
        }
        byte[] buffer = new byte[LONGEST];
        int length = libc.vsnprintf(buffer, buffer.length, format, arguments);
        int end = Math.max(0, Math.min(length, buffer.length - 1));
        int start = Math.max(0, end - KEPT);
        add(new String(buffer, start, end - start, StandardCharsets.UTF_8));
        return length;
    }

    synchronized void add(String words) {
        text.append(words);
        text.delete(0, Math.max(0, text.length() - KEPT));
    }

    /** What was said until now is about something else. */
    synchronized void forget() {
        text.setLength(0);
    }

    /** The program that was spoken of last; the one that failed, after a failure. */
    synchronized Optional<String> program() {
        String program = null;
        for (String line : text.toString().split("\n")) {
            Matcher named = PROGRAM.matcher(line);
            if (named.find()) {
                program = named.group(1);
            }
        }
        return Optional.ofNullable(program);
    }

    /**
     * What the verifier said last before its closing statistics; empty if it said nothing. After the verifier's log,
     * libbpf only says that it failed.
     */
    synchronized Optional<String> verdict() {
        String last = "";
        String verdict = null;
        for (String line : text.toString().strip().split("\n")) {
            if (line.startsWith("processed ")) {
                verdict = last;
            } else if (!line.isBlank() && STATISTICS.stream().noneMatch(line::startsWith)) {
                last = line.strip();
            }
        }
        return Optional.ofNullable(verdict);
    }

    /** In one line: the verifier's verdict with the program that it is about, or else the last thing libbpf said. */
    @Override
    public synchronized String toString() {
        Optional<String> verdict = verdict();
        if (verdict.isPresent()) {
            return program().map(p -> p + ": ").orElse("") + verdict.get();
        }
        String last = "";
        for (String line : text.toString().split("\n")) {
            last = line.isBlank() ? last : line.strip();
        }
        return last.isEmpty() ? "no further word from libbpf" : last;
    }
}

package traitrace.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Standard output that remembers its first failure instead of throwing it: whoever writes goes on, whoever decides asks
 * {@link #failed}. Not buffered.
 */
final class StandardOutput extends OutputStream {
    private final OutputStream out;
    private volatile IOException failure;

    StandardOutput(OutputStream out) {
        this.out = out;
    }

    boolean failed() {
        return failure != null;
    }

    /** The failure; empty if there was none, or if only the reader went away, as {@code head} does. */
    Optional<IOException> failure() {
        return failed() && !readerWentAway() ? Optional.of(failure) : Optional.empty();
    }

    boolean readerWentAway() {
        IOException e = failure;
        return e != null && String.valueOf(e.getMessage()).contains("Broken pipe");
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (failed()) {
            return;
        }
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void flush() {
        if (failed()) {
            return;
        }
        try {
            out.flush();
        } catch (IOException e) {
            failure = e;
        }
    }
}

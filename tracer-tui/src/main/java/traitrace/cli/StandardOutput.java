package traitrace.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Standard output that remembers its first failure instead of throwing it: whoever writes goes on, whoever decides asks
 * {@link #failed}. Not buffered.
 */
final class StandardOutput extends OutputStream {
    private static final String NO_READER = "Broken pipe";

    private final OutputStream out;
    private final BooleanSupplier readerIsGone;
    private volatile IOException failure;

    /** @param readerIsGone tells before a write would */
    StandardOutput(OutputStream out, BooleanSupplier readerIsGone) {
        this.out = out;
        this.readerIsGone = readerIsGone;
    }

    /** Looks whether somebody still reads: to be called now and then by who has nothing to write. */
    void look() {
        if (!failed() && readerIsGone.getAsBoolean()) {
            failure = new IOException(NO_READER);
        }
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
        return e != null && String.valueOf(e.getMessage()).contains(NO_READER);
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

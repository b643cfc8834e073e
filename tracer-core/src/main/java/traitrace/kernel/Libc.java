package traitrace.kernel;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import traitrace.TracerException;

/** The functions of the C library that mapping a ring needs. */
public interface Libc {
    int PROT_READ = 1;
    int PROT_WRITE = 2;
    int MAP_SHARED = 1;

    Pointer mmap(Pointer address, long length, int protection, int flags, int fd, long offset);

    int munmap(Pointer address, long length);

    int close(int fd);

    int getpagesize();

    int vsnprintf(byte[] buffer, long size, String format, Pointer arguments);

    /**
     * There is no Linux without this library: if it cannot be loaded, then none can.
     *
     * @throws TracerException (environment)
     */
    static Libc load() {
        try {
            return Loaded.LIBC;
        } catch (LinkageError e) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT,
                    "no C library can be called: the bridge to them was not unpacked into "
                            + System.getProperty("java.io.tmpdir"),
                    "name a folder that takes executables, as in TRAITRACE_JAVA_OPTS=-Djava.io.tmpdir=/run",
                    e);
        }
    }

    /** Loaded at the first use: it costs a quarter of a second at start-up. */
    final class Loaded {
        private static final Libc LIBC =
                LibraryLoader.create(Libc.class).failImmediately().load("libc.so.6");

        private Loaded() {}
    }
}

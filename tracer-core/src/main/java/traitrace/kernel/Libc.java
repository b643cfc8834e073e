package traitrace.kernel;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;

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

    static Libc load() {
        return Loaded.LIBC;
    }

    /** Loaded at the first use: it costs a quarter of a second at start-up. */
    final class Loaded {
        private static final Libc LIBC = LibraryLoader.create(Libc.class).load("libc.so.6");

        private Loaded() {}
    }
}

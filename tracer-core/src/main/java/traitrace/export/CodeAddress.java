package traitrace.export;

/** The address of kernel code of which events carry the low half. */
final class CodeAddress {
    /** Kernel code of x86-64 lies in the top 2 GiB. */
    private static final long HIGH_HALF = 0xffff_ffffL << 32;

    private CodeAddress() {}

    static long of(long arg) {
        return HIGH_HALF | (arg & 0xffff_ffffL);
    }
}

package traitrace.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the kernel keeps what it takes to find the bytes of a page (arch/x86/include/asm/page_64.h): addresses of
 * variables, 0 if the kernel does not tell (CONFIG_KALLSYMS_ALL, kernel.kptr_restrict).
 *
 * @param vmemmapBase of the variable {@code vmemmap_base}
 * @param pageOffsetBase of the variable {@code page_offset_base}
 */
record KernelVariables(long vmemmapBase, long pageOffsetBase) {
    static final KernelVariables UNKNOWN = new KernelVariables(0, 0);

    private static KernelVariables live;

    /** Of the running kernel, read once: they do not move. */
    static synchronized KernelVariables live() {
        if (live == null) {
            live = read(Kallsyms.LIVE);
        }
        return live;
    }

    /** From a file in the format of {@code /proc/kallsyms}. */
    static KernelVariables read(Path kallsyms) {
        return new KernelVariables(address(kallsyms, "vmemmap_base"), address(kallsyms, "page_offset_base"));
    }

    private static long address(Path kallsyms, String name) {
        // Of a line "ffffffff83200000 D vmemmap_base"; a module's symbol has more behind it.
        try (Stream<String> lines = Files.lines(kallsyms, StandardCharsets.ISO_8859_1)) {
            Optional<String> found = lines.filter(line -> line.endsWith(" " + name) && line.indexOf(' ') == 16)
                    .findFirst();
            return found.map(line -> Long.parseUnsignedLong(line, 0, 16, 16)).orElse(0L);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}

package traitrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import traitrace.kernel.Btf;
import traitrace.kernel.Kallsyms;
import traitrace.names.Containers;
import traitrace.names.DropReasons;
import traitrace.names.NameTable;
import traitrace.names.NetnsNames;
import traitrace.names.ProcessNames;

/**
 * The running kernel, as recordings of it need it: what it says of itself, read once, and the probes in it. To make these
 * takes an emulated machine seconds. One thread.
 */
final class TracedKernel implements AutoCloseable {
    private static final Path PROC = Path.of("/proc");

    private final Btf btf = Btf.read(Btf.VMLINUX);
    private final DropReasons reasons = DropReasons.live(btf);
    private final SharedCapture capture = new SharedCapture(btf);
    private Kallsyms symbols;
    private List<String> modules = List.of();

    SharedCapture capture() {
        return capture;
    }

    DropReasons reasons() {
        return reasons;
    }

    /** A new table of names: namespaces come and go with the laboratories. */
    NameTable names() {
        Kallsyms now = symbols();
        NetnsNames namespaces = new NetnsNames();
        return new NameTable(new NameTable.Sources(
                namespaces::name,
                namespaces::forget,
                pid -> ProcessNames.comm(PROC, pid),
                reasons::name,
                address -> now.symbol(now.widen((int) address)),
                pid -> Containers.of(PROC, pid)));
    }

    /** Those of modules change when a scenario brings new ones in. */
    private Kallsyms symbols() {
        List<String> loaded = modules();
        if (symbols == null || !loaded.equals(modules)) {
            symbols = Kallsyms.of(Kallsyms.LIVE);
            modules = loaded;
        }
        return symbols;
    }

    /** By name; a kernel without modules has no such file. */
    private static List<String> modules() {
        try (Stream<String> lines = Files.lines(PROC.resolve("modules"))) {
            return lines.map(line -> line.replaceFirst(" .*", "")).sorted().toList();
        } catch (IOException none) {
            return List.of();
        }
    }

    @Override
    public void close() {
        capture.close();
    }
}

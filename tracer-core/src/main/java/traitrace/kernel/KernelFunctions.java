package traitrace.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import traitrace.TracerException;

/**
 * What one kernel has to attach to, as it says itself.
 *
 * @param vmlinux its types
 * @param modules types of the modules that are loaded, by name
 * @param symbols of each function asked for, the symbols with its name or with its name and a suffix ({@code .isra.0},
 *     {@code .constprop.0}, {@code .part.0}) that a compiler adds to what is not that function any more; empty if the
 *     kernel does not tell
 * @param traceable those of the functions that may be traced; empty if the kernel does not tell
 */
record KernelFunctions(
        Btf vmlinux, Map<String, Btf> modules, Optional<List<Symbol>> symbols, Optional<Set<String>> traceable) {
    /**
     * A line of {@code /proc/kallsyms}.
     *
     * @param module empty for the kernel itself
     */
    record Symbol(String name, String module) {
        /** Without the suffix of a compiler. */
        String function() {
            int dot = name.indexOf('.');
            return dot < 0 ? name : name.substring(0, dot);
        }
    }

    /** Of which only the types are known: enough for tracepoints. */
    KernelFunctions(Btf vmlinux) {
        this(vmlinux, Map.of(), Optional.empty(), Optional.empty());
    }

    KernelFunctions {
        modules = Map.copyOf(modules);
    }

    /** The running kernel. */
    static KernelFunctions live(Btf vmlinux, List<Probe> probes) {
        return read(vmlinux, Path.of("/proc"), Path.of("/sys"), probes);
    }

    /**
     * Of the kernel that shows itself in these folders, as far as the probes need it.
     *
     * @param proc usually {@code /proc}
     * @param sys usually {@code /sys}
     */
    static KernelFunctions read(Btf vmlinux, Path proc, Path sys, List<Probe> probes) {
        Set<String> wanted = new HashSet<>();
        Map<String, Btf> modules = new HashMap<>();
        for (Probe probe : probes) {
            if (probe.kind() == Probe.Kind.TP_BTF) {
                continue;
            }
            wanted.add(probe.target());
            if (probe.inModule() && !modules.containsKey(probe.module())) {
                module(sys, probe.module(), vmlinux).ifPresent(btf -> modules.put(probe.module(), btf));
            }
        }
        List<Symbol> symbols = new ArrayList<>();
        boolean told = eachLine(proc.resolve("kallsyms"), line -> symbol(line)
                .filter(symbol -> wanted.contains(symbol.function()))
                .ifPresent(symbols::add));
        Set<String> traceable = new HashSet<>();
        boolean listed = eachLine(sys.resolve("kernel/tracing/available_filter_functions"), line -> {
            // NAME or NAME [MODULE]
            int end = line.indexOf(' ');
            String name = end < 0 ? line : line.substring(0, end);
            if (wanted.contains(name)) {
                traceable.add(name);
            }
        });
        return new KernelFunctions(
                vmlinux,
                modules,
                told && !symbols.isEmpty() ? Optional.of(symbols) : Optional.empty(),
                listed && !traceable.isEmpty() ? Optional.of(traceable) : Optional.empty());
    }

    /** Whether the file could be read. */
    private static boolean eachLine(Path file, Consumer<String> action) {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                action.accept(line);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The types of a module; empty if it is not loaded or does not show them. */
    private static Optional<Btf> module(Path sys, String name, Btf vmlinux) {
        Path file = moduleFile(sys, name);
        try {
            return Files.isReadable(file) ? Optional.of(Btf.readModule(file, vmlinux)) : Optional.empty();
        } catch (TracerException e) {
            return Optional.empty();
        }
    }

    static Path moduleFile(Path sys, String name) {
        return sys.resolve("kernel/btf").resolve(name);
    }

    /** Why a probe cannot be attached; empty if nothing speaks against it. */
    Optional<String> obstacle(Probe probe) {
        if (probe.kind() == Probe.Kind.TP_BTF) {
            return vmlinux.hasTracepoint(probe.target())
                    ? Optional.empty()
                    : Optional.of("this kernel has no such tracepoint");
        }
        boolean builtIn = !probe.inModule() || vmlinux.functionId(probe.target()) != 0;
        if (!builtIn && !modules.containsKey(probe.module())) {
            return Optional.of("module " + probe.module() + " is not loaded");
        }
        Btf types = builtIn ? vmlinux : modules.get(probe.module());
        String owner = builtIn ? "" : probe.module();
        boolean described = types.functionId(probe.target()) != 0;
        if (symbols.isEmpty()) {
            return described ? Optional.empty() : Optional.of("this kernel has no such function");
        }
        List<String> spellings = symbols.get().stream()
                .filter(symbol ->
                        symbol.module().equals(owner) && symbol.function().equals(probe.target()))
                .map(Symbol::name)
                .toList();
        long exact = spellings.stream().filter(probe.target()::equals).count();
        if (exact == 0 && !spellings.isEmpty()) {
            return Optional.of("inlined or renamed by the compiler (" + spellings.get(0) + ")");
        }
        if (!described) {
            return Optional.of("this kernel has no such function");
        }
        if (exact == 0) {
            return Optional.of("inlined by the compiler");
        }
        if (exact > 1) {
            return Optional.of("this kernel has " + exact + " functions of this name");
        }
        if (traceable.isPresent() && !traceable.get().contains(probe.target())) {
            return Optional.of("this kernel does not let it be traced");
        }
        return Optional.empty();
    }

    /** Whether this kernel has the function at all, under its name or as what a compiler made of it. */
    boolean has(Probe probe) {
        return vmlinux.hasFunction(probe.target())
                || symbols.stream().flatMap(List::stream).anyMatch(s -> s.function()
                        .equals(probe.target()));
    }

    /** Of {@code ffffffff81000000 t name} or, behind a tab, {@code [module]}; text symbols only. */
    private static Optional<Symbol> symbol(String line) {
        int type = line.indexOf(' ') + 1;
        if (type == 0 || line.length() < type + 3 || "tTwW".indexOf(line.charAt(type)) < 0) {
            return Optional.empty();
        }
        String rest = line.substring(type + 2);
        int tab = rest.indexOf('\t');
        if (tab < 0) {
            return Optional.of(new Symbol(rest, ""));
        }
        String module = rest.substring(tab + 1).strip();
        return Optional.of(new Symbol(
                rest.substring(0, tab),
                module.startsWith("[") && module.endsWith("]") ? module.substring(1, module.length() - 1) : module));
    }
}

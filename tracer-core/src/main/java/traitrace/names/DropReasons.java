package traitrace.names;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import traitrace.TracerException;
import traitrace.kernel.Btf;

/**
 * The names of drop reasons on one kernel.
 *
 * <p>The numbers move with every release ({@code NOT_SPECIFIED} is 1 on Linux 6.1 and 2 on 6.12), so that only the
 * kernel that reported a reason can name it. The upper 16 bits are the subsystem: 0 is {@code enum skb_drop_reason},
 * the others have enums of their own, of which each value includes its subsystem (include/net/dropreason.h, Linux 6.4
 * and later).
 */
public final class DropReasons {
    private static final String CORE = "skb_drop_reason";
    private static final String PREFIX = "SKB_DROP_REASON_";

    /** Why TCP sends a reset (include/net/rstreason.h, Linux 6.10 and later); its numbers begin at 0, too. */
    private static final String RESETS = "sk_rst_reason";

    /** No subsystem of any kernel: where the reasons of resets are kept among the others. */
    private static final int RESET_SUBSYSTEM = 0xfffe;

    /** Where the other subsystems keep theirs: in vmlinux if built in, else in their module. */
    private static final List<String> OTHERS = List.of("qdisc_drop_reason", "mac80211_drop_reason", "ovs_drop_reason");

    private static final Map<String, String> MODULES =
            Map.of("mac80211_drop_reason", "mac80211", "ovs_drop_reason", "openvswitch");

    private final Map<Integer, String> names;

    private DropReasons(Map<Integer, String> names) {
        this.names = names;
    }

    /** Names by raw reason, such as a recording holds. */
    public static DropReasons of(Map<Integer, String> names) {
        return new DropReasons(Map.copyOf(names));
    }

    /** Those of the kernel that {@code vmlinux} describes, without the ones of modules. */
    public static DropReasons of(Btf vmlinux) {
        return of(vmlinux, module -> Optional.empty());
    }

    /** Those of the running kernel, loaded modules included. */
    public static DropReasons live(Btf vmlinux) {
        return of(vmlinux, module -> {
            Path file = Btf.VMLINUX.resolveSibling(module);
            try {
                return Files.isReadable(file) ? Optional.of(Btf.readModule(file, vmlinux)) : Optional.empty();
            } catch (TracerException e) {
                // A module that cannot be read costs the names of its reasons, which are then shown as numbers.
                return Optional.empty();
            }
        });
    }

    /** @param modules the types of a loaded module by its name; empty if it is not loaded */
    public static DropReasons of(Btf vmlinux, Function<String, Optional<Btf>> modules) {
        Map<Integer, String> names = new TreeMap<>();
        vmlinux.enumerators(CORE).forEach((value, name) -> {
            if (value >>> 16 == 0 && !isMarker(name)) {
                names.put(value, name);
            }
        });
        for (String other : OTHERS) {
            Map<Integer, String> found = vmlinux.enumerators(other);
            if (found.isEmpty() && MODULES.containsKey(other)) {
                found = modules.apply(MODULES.get(other))
                        .map(btf -> btf.enumerators(other))
                        .orElse(Map.of());
            }
            found.forEach((value, name) -> {
                // Their small values stand for "not dropped" and the like, which are the core's to name.
                if (value >>> 16 != 0 && !isMarker(name)) {
                    names.putIfAbsent(value, name);
                }
            });
        }
        vmlinux.enumerators(RESETS).forEach((value, name) -> {
            if (value >>> 16 == 0 && !isMarker(name)) {
                names.put(ofReset(value), name);
            }
        });
        return of(names);
    }

    /** The number under which a reason of {@code enum sk_rst_reason}, 0 to 65535, is kept here and in recordings. */
    public static int ofReset(int reason) {
        return RESET_SUBSYSTEM << 16 | reason & 0xffff;
    }

    /** As the kernel spells it: {@code SKB_DROP_REASON_NO_SOCKET}; {@code reason 1234} for one that it does not name. */
    public String name(int reason) {
        String name = names.get(reason);
        return name != null ? name : "reason " + Integer.toUnsignedString(reason);
    }

    /** A name without what all names of the core begin with: {@code NO_SOCKET}. */
    public static String brief(String name) {
        return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    }

    /** All that are known, by raw reason: what a recording has to hold. */
    public Map<Integer, String> all() {
        return names;
    }

    /** Enumerators that delimit the others and are never reported. */
    private static boolean isMarker(String name) {
        return name.startsWith("__") || name.endsWith("_MAX") || name.endsWith("_SUBSYS_MASK");
    }
}

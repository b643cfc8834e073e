package traitrace.lab;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;

/**
 * A network: namespaces and what is in them. Names of namespaces are the topology's own; {@link Laboratory} gives them
 * real ones.
 *
 * @param links pairs of virtual Ethernet devices
 * @param devices everything else, made in this order after the links
 * @param sysctls by namespace, then by name with dots; set when the devices exist and before they are up
 * @param nft rulesets by namespace, as lines of {@code nft -f}
 * @param qdiscs queueing disciplines, set after the rulesets
 * @param steps commands for what has no words of its own here, run last before the daemons start
 * @param warm pings before anything is observed, so that neighbours are resolved and bridges have learnt
 */
public record Topology(
        List<String> namespaces,
        List<Link> links,
        List<Device> devices,
        List<Route> routes,
        List<Neighbour> neighbours,
        Map<String, Map<String, String>> sysctls,
        Map<String, List<String>> nft,
        List<Qdisc> qdiscs,
        List<Step> steps,
        List<Daemon> daemons,
        List<Warm> warm) {
    public Topology {
        namespaces = listOf(namespaces);
        links = listOf(links);
        devices = listOf(devices);
        routes = listOf(routes);
        neighbours = listOf(neighbours);
        sysctls = sysctls == null ? Map.of() : Map.copyOf(sysctls);
        nft = nft == null ? Map.of() : Map.copyOf(nft);
        qdiscs = listOf(qdiscs);
        steps = listOf(steps);
        daemons = listOf(daemons);
        warm = listOf(warm);
    }

    /** A veth pair. */
    public record Link(End a, End b) {}

    /**
     * One end of a veth pair.
     *
     * @param addresses with prefix lengths
     * @param mac empty = the kernel's choice
     * @param mtu bytes; 0 = the kernel's choice
     * @param offloads features as {@code ethtool -K} names them
     */
    public record End(
            String ns, String dev, List<String> addresses, String mac, int mtu, Map<String, Boolean> offloads) {
        public End {
            addresses = listOf(addresses);
            mac = mac == null ? "" : mac;
            offloads = offloads == null ? Map.of() : Map.copyOf(offloads);
        }
    }

    /** A device that is not a veth. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Bridge.class, name = "bridge"),
        @JsonSubTypes.Type(value = Vxlan.class, name = "vxlan"),
        @JsonSubTypes.Type(value = Macvlan.class, name = "macvlan"),
        @JsonSubTypes.Type(value = Stacked.class, name = "stacked"),
        @JsonSubTypes.Type(value = Tun.class, name = "tun"),
        @JsonSubTypes.Type(value = Plain.class, name = "plain")
    })
    public sealed interface Device {
        String ns();

        String dev();

        List<String> addresses();

        /** Where the device below is, if there is one. */
        default String parentNs() {
            return ns();
        }
    }

    /** @param ports devices of the same namespace */
    public record Bridge(String ns, String dev, List<String> addresses, List<String> ports) implements Device {
        public Bridge {
            addresses = listOf(addresses);
            ports = listOf(ports);
        }
    }

    /**
     * A tunnel over UDP port 4789.
     *
     * @param id 0 to 2^24-1
     * @param underlay the device below, in the same namespace
     */
    public record Vxlan(
            String ns, String dev, List<String> addresses, int id, String local, String remote, String underlay)
            implements Device {
        public Vxlan {
            addresses = listOf(addresses);
        }
    }

    /**
     * A second address on a device, in another namespace.
     *
     * @param parentNs where the device below is
     * @param mode as {@code ip link} names it: bridge, private, vepa
     */
    public record Macvlan(String ns, String dev, List<String> addresses, String parentNs, String parent, String mode)
            implements Device {
        public Macvlan {
            addresses = listOf(addresses);
        }
    }

    /**
     * A device of any type that needs another one below it, which may be in another namespace.
     *
     * @param parentNs where the device below is
     * @param arguments what follows {@code ip link add NAME link PARENT}
     */
    public record Stacked(
            String ns, String dev, List<String> addresses, String parentNs, String parent, List<String> arguments)
            implements Device {
        public Stacked {
            addresses = listOf(addresses);
            arguments = listOf(arguments);
        }
    }

    /** A persistent TUN device; it has no carrier until a program opens it. */
    public record Tun(String ns, String dev, List<String> addresses) implements Device {
        public Tun {
            addresses = listOf(addresses);
        }
    }

    /**
     * A device of any type that needs no more than its name, to be had where the kernel has it.
     *
     * @param arguments what follows {@code ip link add NAME}
     */
    public record Plain(String ns, String dev, List<String> addresses, List<String> arguments) implements Device {
        public Plain {
            addresses = listOf(addresses);
            arguments = listOf(arguments);
        }
    }

    /** @param spec what follows {@code ip route add} */
    public record Route(String ns, String spec) {}

    /** A fixed neighbour entry. */
    public record Neighbour(String ns, String dev, String address, String mac) {}

    /** @param spec what follows {@code tc qdisc add dev DEV} */
    public record Qdisc(String ns, String dev, String spec) {}

    /**
     * A command in a namespace, which must succeed: {@code tc filter}, {@code ip xfrm}, {@code wg}.
     *
     * @param argv words of {@link Laboratory#FILES} stand for files of the laboratory
     * @param input its standard input, as lines, for {@code ip -batch -} and the like; empty = none
     */
    public record Step(String ns, List<String> argv, List<String> input) {
        public Step {
            argv = listOf(argv);
            input = listOf(input);
        }
    }

    /**
     * A program that runs as long as the laboratory.
     *
     * @param argv words of {@link Laboratory#FILES} stand for files of the laboratory, {@value Laboratory#SCRATCH} in any
     *     of them for a folder of its own
     * @param files by name, as lines: what is in that folder when it starts; {@value Laboratory#SCRATCH} likewise
     * @param ready {@code udp:PORT} bound or {@code tcp:PORT} listening in its namespace, {@code packet:N} so many
     *     packet sockets there, {@code nfqueue:N} listening at that nfnetlink queue; empty = at once
     * @param cgroup name of a control group that it has for itself, as a container has one; empty = none
     */
    public record Daemon(
            String ns, String name, List<String> argv, Map<String, List<String>> files, String ready, String cgroup) {
        public Daemon {
            argv = listOf(argv);
            files = files == null ? Map.of() : Map.copyOf(files);
            ready = ready == null ? "" : ready;
            cgroup = cgroup == null ? "" : cgroup;
        }
    }

    /** @param to a numeric address; must answer */
    public record Warm(String ns, String to) {}

    static <T> List<T> listOf(List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }
}

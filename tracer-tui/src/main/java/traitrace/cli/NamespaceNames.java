package traitrace.cli;

import java.util.Map;
import traitrace.names.Names;

/**
 * Names, with others for some network namespaces.
 *
 * @param names for everything else
 * @param netns by inode number
 */
record NamespaceNames(Names names, Map<Long, String> netns) implements Names {
    NamespaceNames {
        netns = Map.copyOf(netns);
    }

    @Override
    public String netns(long inode) {
        String name = netns.get(inode);
        return name == null ? names.netns(inode) : name;
    }

    @Override
    public String device(long inode, int ifindex) {
        return names.device(inode, ifindex);
    }

    @Override
    public boolean physical(long inode, int ifindex) {
        return names.physical(inode, ifindex);
    }

    @Override
    public String process(int pid) {
        return names.process(pid);
    }

    @Override
    public String container(int pid) {
        return names.container(pid);
    }

    @Override
    public String dropReason(int reason) {
        return names.dropReason(reason);
    }

    @Override
    public String symbol(long address) {
        return names.symbol(address);
    }
}

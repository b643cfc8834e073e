package traitrace.names;

/** Knows no name. Tests say which they know instead. */
public class NoNames implements Names {
    @Override
    public String netns(long inode) {
        return "net:[" + inode + "]";
    }

    @Override
    public String device(long netns, int ifindex) {
        return "";
    }

    @Override
    public boolean physical(long netns, int ifindex) {
        return false;
    }

    @Override
    public String process(int pid) {
        return "";
    }

    @Override
    public String dropReason(int reason) {
        return "";
    }

    @Override
    public String symbol(long address) {
        return "";
    }
}

package traitrace.lineage;

/** Which processes pass on what they get, lately: what one of them took goes on, perhaps. */
final class Relays {
    private static final int MOST = 4096;
    private static final long LIFETIME_NS = 60_000_000_000L;

    private final Recent<Integer, Long> crossed = new Recent<>(MOST);

    void crossed(int pid, long now) {
        crossed.put(pid, now);
    }

    boolean contains(int pid, long now) {
        Long last = crossed.get(pid);
        return last != null && now - last <= LIFETIME_NS;
    }
}

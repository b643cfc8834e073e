package traitrace.lineage;

import traitrace.event.Transfer;

/** How the sockets of transfers are told apart. */
final class ProcessSockets {
    private ProcessSockets() {}

    /** A cookie is never reused, an address is; TUN devices have no cookie. */
    static long key(Transfer transfer) {
        return transfer.cookie() != 0 ? transfer.cookie() : transfer.socket();
    }

    static boolean same(Transfer a, Transfer b) {
        return key(a) == key(b);
    }
}

package traitrace.lineage;

/** Packets in order of their last event, so that what has been quiet for long stands at the head. */
final class PacketList {
    private Packet head;
    private Packet tail;
    private int size;

    Packet head() {
        return head;
    }

    int size() {
        return size;
    }

    /** Puts a packet at the tail, taking it out of the list in which it was. */
    void touch(Packet packet) {
        if (packet.list != null) {
            packet.list.remove(packet);
        }
        packet.list = this;
        packet.previous = tail;
        packet.next = null;
        if (tail == null) {
            head = packet;
        } else {
            tail.next = packet;
        }
        tail = packet;
        size++;
    }

    void remove(Packet packet) {
        if (packet.previous == null) {
            head = packet.next;
        } else {
            packet.previous.next = packet.next;
        }
        if (packet.next == null) {
            tail = packet.previous;
        } else {
            packet.next.previous = packet.previous;
        }
        packet.previous = null;
        packet.next = null;
        packet.list = null;
        size--;
    }
}

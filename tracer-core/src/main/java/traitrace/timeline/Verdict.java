package traitrace.timeline;

import java.util.List;

/** How a packet's story ends. */
public sealed interface Verdict {

    /** Every label, the good ends first. */
    List<String> LABELS = List.of("delivered", "transmitted", "dropped", "absorbed", "in-flight", "lost-sight");

    /** The word for it in JSON, filters and screens. */
    String label();

    /** A process took the bytes. */
    record Delivered(int pid) implements Verdict {
        @Override
        public String label() {
            return "delivered";
        }
    }

    /** Left the host by a real device. */
    record Transmitted(long netns, int ifindex) implements Verdict {
        @Override
        public String label() {
            return "transmitted";
        }
    }

    /**
     * Dropped by the kernel.
     *
     * @param reason the raw {@code enum skb_drop_reason} of the kernel that reported it: resolve it by name
     * @param location the address of the code that dropped it
     */
    record Dropped(int reason, long location) implements Verdict {
        @Override
        public String label() {
            return "dropped";
        }
    }

    /**
     * Used up inside the kernel: a TCP acknowledgement, an echo request that was answered.
     *
     * @param how a few words
     */
    record Absorbed(String how) implements Verdict {
        @Override
        public String label() {
            return "absorbed";
        }
    }

    /** Still under way when the recording ended. */
    record InFlight() implements Verdict {
        @Override
        public String label() {
            return "in-flight";
        }
    }

    /**
     * We know that we no longer know.
     *
     * @param why a few words
     */
    record LostSight(String why) implements Verdict {
        @Override
        public String label() {
            return "lost-sight";
        }
    }
}

package traitrace.timeline;

import java.util.List;
import java.util.Optional;
import traitrace.names.Names;

/**
 * A verdict in an engineer's words.
 *
 * @param sentence what happened, and for a drop why
 * @param advice the command to look at next; may be empty
 */
record VerdictText(String sentence, String advice) {

    static VerdictText of(Verdict verdict, List<Hop> hops, Names names, Explanations explanations) {
        if (verdict instanceof Verdict.Delivered delivered) {
            if (delivered.pid() == 0) {
                return new VerdictText("delivered to a process that was not seen", "");
            }
            String name = names.process(delivered.pid());
            return new VerdictText("delivered to " + (name.isEmpty() ? "pid" : name) + "[" + delivered.pid() + "]", "");
        }
        if (verdict instanceof Verdict.Transmitted transmitted) {
            return new VerdictText("transmitted by " + names.device(transmitted.netns(), transmitted.ifindex()), "");
        }
        if (verdict instanceof Verdict.Dropped dropped) {
            Optional<VerdictText> queue = QueueDrop.of(dropped, hops, names);
            if (queue.isPresent()) {
                return queue.get();
            }
            String reason = names.dropReason(dropped.reason());
            Optional<Explanation> explanation = explanations.ofDrop(reason);
            return new VerdictText(
                    explanation.map(Explanation::sentence).orElse(""),
                    explanation.map(Explanation::command).orElse(""));
        }
        if (verdict instanceof Verdict.Absorbed absorbed) {
            return new VerdictText(absorbed.how(), "");
        }
        if (verdict instanceof Verdict.LostSight lost) {
            return new VerdictText(lost.why(), "");
        }
        Hop last = hops.get(hops.size() - 1);
        return new VerdictText("not seen since it was " + last.hook().meaning(), "");
    }
}

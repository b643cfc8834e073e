package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What came of the scenarios on one kernel: a test's assertions, and a table. */
final class Scores {
    /** Of the kernel's lists of skbs to be freed later, and what the network itself sends. */
    private static final int MOST_IN_FLIGHT = 256;

    private final List<Judge.Judgement> judgements = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    /** Fails unless the recorded scenario went as it says and was followed as it must be. */
    void judge(Scenario scenario, Outcome outcome, Path folder) {
        if (!outcome.skipped().isEmpty()) {
            remark(scenario.name(), "skipped: " + outcome.skipped());
        } else if (!outcome.failed().isEmpty()) {
            remark(scenario.name(), "FAILED: " + outcome.failed());
        } else if (!outcome.broken().isEmpty()) {
            remark(scenario.name(), "BROKEN: " + String.join("; ", outcome.broken()));
        }
        assumeTrue(outcome.skipped().isEmpty(), outcome::skipped);
        assertThat(outcome.failed()).isEmpty();
        assertThat(outcome.broken()).isEmpty();
        Playback playback = Playback.of(scenario, outcome, folder);
        Judge.Judgement judgement = playback.judge();
        judgements.add(judgement);
        System.out.print(ScoreTable.render(List.of(judgement)));
        System.out.println("bytes of events per packet: " + playback.bytesPerPacket());
        if (System.getenv("TIMELINES") != null) {
            playback.print(System.out);
        }
        assertThat(judgement.failures()).isEmpty();
        assertThat(outcome.tracked()).as("skbs that the side table still has").isLessThan(MOST_IN_FLIGHT);
    }

    /** Says in the table why a scenario has no line in it. */
    void remark(String scenario, String why) {
        remarks.add(scenario + ": " + why);
    }

    /** Prints the table and leaves it in a file. */
    void write(Path file) throws IOException {
        String table = ScoreTable.render(judgements, remarks);
        System.out.println(table);
        Files.writeString(file, table);
    }
}

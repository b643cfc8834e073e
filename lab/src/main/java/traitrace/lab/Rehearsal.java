package traitrace.lab;

import java.util.List;
import java.util.stream.Stream;
import traitrace.TracerException;

/**
 * Runs scenarios without a tracer: do their networks stand here, and does their traffic do what they say?
 *
 * <p>Arguments: names of scenarios, none for all. One line per scenario; the exit status is 0 if all that can run here
 * did as they say, 1 if one did not, 2 for a name that there is not.
 */
public final class Rehearsal {
    private Rehearsal() {}

    /** The program. */
    public static void main(String[] names) {
        List<Scenario> scenarios;
        try {
            scenarios = names.length == 0
                    ? Scenarios.all()
                    : Stream.of(names).map(Scenarios::named).toList();
        } catch (TracerException e) {
            System.err.println("rehearse: " + e.getMessage() + ". " + e.hint());
            System.exit(2);
            return;
        }
        boolean right = true;
        for (Scenario scenario : scenarios) {
            right &= rehearse(scenario);
        }
        System.exit(right ? 0 : 1);
    }

    private static boolean rehearse(Scenario scenario) {
        long start = System.nanoTime();
        try {
            Outcome outcome = ScenarioRunner.run(scenario, Observer.NONE);
            tell(scenario, start, what(outcome));
            return outcome.broken().isEmpty();
        } catch (TracerException e) {
            tell(scenario, start, "FAILED: " + (e.getMessage() + " " + e.hint()).strip());
            return false;
        }
    }

    private static String what(Outcome outcome) {
        if (!outcome.skipped().isEmpty()) {
            return "left out: " + outcome.skipped();
        }
        return outcome.broken().isEmpty() ? "ok" : "WRONG: " + String.join("; ", outcome.broken());
    }

    private static void tell(Scenario scenario, long start, String what) {
        System.out.printf("%-26s %5.1f s  %s%n", scenario.name(), (System.nanoTime() - start) / 1e9, what);
    }
}

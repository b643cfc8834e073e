package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("scenario")
class NeedsTest {
    @BeforeAll
    static void root() {
        assumeTrue("root".equals(System.getProperty("user.name")), "without root, root is what is missing");
    }

    @Test
    void aModuleThatNoKernelHasIsMissing() {
        assertThat(Needs.missing(needing("module:no_such_module")))
                .hasValue("this kernel has no module no_such_module");
    }

    @Test
    void aProgramThatIsNotInstalledIsMissing() {
        assertThat(Needs.missing(needing("program:no-such-program")))
                .hasValue("the program no-such-program is not installed");
    }

    @Test
    void aNeedOfAnUnknownKindIsNotTakenForGranted() {
        assertThat(Needs.missing(needing("luck"))).hasValue("nobody knows how to find out about the need \"luck\"");
    }

    private static Scenario needing(String need) {
        Topology nothing = new Topology(null, null, null, null, null, null, null, null, null, null, null);
        return new Scenario("test", "", List.of(need), nothing, null, false, null, null, null, null);
    }
}

package traitrace;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the arrows of docs/architecture.md: nothing upstream knows what is downstream. */
class ArrowsTest {
    private static JavaClasses core;

    @BeforeAll
    static void readClasses() {
        core = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("traitrace");
    }

    /** Without this, a renamed root package would make every rule here pass. */
    @Test
    void thereAreClassesToLookAt() {
        assertThat(core.contain(TracerException.class)).isTrue();
        assertThat(core.size()).isGreaterThan(10);
    }

    @Test
    void coreHasNoTerminalAndNoCommandLine() {
        check(noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.googlecode.lanterna..", "picocli..", "traitrace.cli..", "traitrace.tui.."));
    }

    /** Whoever reads recordings only must be able to do so where no native code can be loaded. */
    @Test
    void nativeCodeIsInKernelOnly() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("traitrace.kernel..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jnr..", "com.kenai.jffi.."));
    }

    @Test
    void eventStandsAlone() {
        check(noClasses()
                .that()
                .resideInAPackage("traitrace.event..")
                .should()
                .dependOnClassesThat(resideInAPackage("traitrace..")
                        .and(not(resideInAPackage("traitrace.event..")))
                        .and(not(equivalentTo(TracerException.class)))
                        .and(not(equivalentTo(TracerException.Kind.class)))));
    }

    @Test
    void lineageDoesNotKnowItsReadersNorTheKernel() {
        check(noClasses()
                .that()
                .resideInAPackage("traitrace.lineage..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("traitrace.timeline..", "traitrace.export..", "traitrace.kernel.."));
    }

    @Test
    void timelineDoesNotKnowItsReadersNorTheKernel() {
        check(noClasses()
                .that()
                .resideInAPackage("traitrace.timeline..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("traitrace.export..", "traitrace.kernel.."));
    }

    /** libpcap compiles capture filters, and its binding is with the other native code. */
    @Test
    void filterUsesOnlyPcapOfTheKernel() {
        check(noClasses()
                .that()
                .resideInAPackage("traitrace.filter..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("traitrace.kernel..").and(not(name("traitrace.kernel.Pcap")))));
    }

    @Test
    void exportWorksWithoutTheKernel() {
        check(noClasses()
                .that()
                .resideInAPackage("traitrace.export..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("traitrace.kernel.."));
    }

    /** Packages are written one after the other: a rule about one that is still empty holds. */
    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(core);
    }
}

package traitrace.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class LayersTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("traitrace");

    @Test
    void onlyTheKernelPackageTouchesNativeCode() {
        noClasses()
                .that()
                .resideOutsideOfPackage("traitrace.kernel..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jnr..")
                .check(CLASSES);
    }

    @Test
    void theLibraryKnowsNothingOfTheCommand() {
        noClasses()
                .that()
                .resideOutsideOfPackages("traitrace.cli..", "traitrace.ui..", "traitrace.lab..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("traitrace.cli..", "traitrace.ui..", "picocli..")
                .check(CLASSES);
    }
}

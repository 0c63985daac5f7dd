package dev.bellows.it;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may see whom, each rule with its reason. */
class ArchitectureTest {
  private static final JavaClasses BELLOWS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.bellows");

  @Test
  void coreDependsOnTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage("dev.bellows.core..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.bellows.core..", "java..", "org.jspecify..")
        .because("deciding is pure: production, tests and simulation run the same code")
        .check(BELLOWS);
  }

  @Test
  void coreTouchesNothingOutside() {
    noClasses()
        .that()
        .resideInAPackage("dev.bellows.core..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.net..", "java.nio.file..", "java.nio.channels..", "java.util.logging..")
        .because("whatever touches a socket, file, process or log lives around core")
        .check(BELLOWS);
  }

  @Test
  void dataplaneNeverSeesAKubernetesClient() {
    noClasses()
        .that()
        .resideInAPackage("dev.bellows.dataplane..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8..",
            "dev.bellows.api..",
            "dev.bellows.controlplane..",
            "dev.bellows.embedded..",
            "dev.bellows.app..")
        .because("the sidecar is core and dataplane alone, and stays small")
        .check(BELLOWS);
  }

  @Test
  void controlplaneNeverSeesAnEventLoop() {
    noClasses()
        .that()
        .resideInAPackage("dev.bellows.controlplane..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.netty..", "dev.bellows.dataplane..", "dev.bellows.embedded..", "dev.bellows.app..")
        .because("reconcilers know the Kubernetes API and nothing of who serves it")
        .check(BELLOWS);
  }

  @Test
  void embeddedNeverSeesItsClients() {
    noClasses()
        .that()
        .resideInAPackage("dev.bellows.embedded..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8.kubernetes.client.KubernetesClient",
            "dev.bellows.controlplane..",
            "dev.bellows.app..")
        .because("the embedded cluster serves any client and favours none")
        .check(BELLOWS);
  }

  @Test
  void onlyAppSeesEveryone() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.bellows.app..", "dev.bellows.it..", "dev.bellows.bench..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.bellows.app..")
        .because("wiring happens in one place")
        .check(BELLOWS);
  }

  @Test
  void noRoomsGoInCircles() {
    slices()
        .matching("dev.bellows.(*)..")
        .should()
        .beFreeOfCycles()
        .because("data flows one way")
        .check(BELLOWS);
  }
}

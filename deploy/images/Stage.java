import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Puts into a directory what an image has beside its jars: the C library, a Java runtime of the
 * modules that are needed, an archive of the classes that a start needs, and the arguments that
 * start it. Jib makes layers of it; the same input gives the same bytes.
 *
 * <p>{@code java Stage.java TARGET JAR MAIN-CLASS MODULES BASE CLASSES FLAG…}, where TARGET/lib has
 * the jars, JAR is the name of the module's own, BASE is the image below (with {@code scratch} the
 * C library is put in), and CLASSES lists classes.
 */
final class Stage {
  /** As Jib sets it on what it puts into layers; archives of classes are held to it. */
  private static final FileTime TIME = FileTime.fromMillis(1_000);

  private static final String JAVA = "opt/java";

  /** Jars that the one-machine mode alone uses: its store and its expressions. pom.xml, too. */
  private static final Pattern NOT_IN_A_CLUSTER =
      Pattern.compile(
          "(sqlite-jdbc|cel|common|compiler|runtime|protobuf|protobuf-java|antlr4-runtime|guava"
              + "|failureaccess|threeten-extra)-[0-9].*");

  /** Until two in a row are the same. */
  private static final int DUMPS = 6;

  /** What a Java runtime and its name lookups load of glibc. */
  private static final List<String> GLIBC =
      List.of(
          "libc.so.6",
          "libdl.so.2",
          "libm.so.6",
          "libnss_dns.so.2",
          "libnss_files.so.2",
          "libpthread.so.0",
          "libresolv.so.2",
          "librt.so.1");

  private final Path target;
  private final Path out;
  private final String jar;

  private Stage(Path target, String jar) {
    this.target = target;
    this.out = target.resolve("image");
    this.jar = jar;
  }

  public static void main(String[] words) throws IOException, InterruptedException {
    Stage stage = new Stage(Path.of(words[0]).toAbsolutePath(), words[1]);
    List<String> flags = List.of(words).subList(6, words.length);
    delete(stage.out);
    Files.createDirectories(stage.out.resolve("system"));
    if (words[4].equals("scratch")) {
      stage.addSystem();
    }
    stage.addJava(words[3]);
    stage.addClasses(Path.of(words[5]), words[2], flags);
  }

  /** The C library of this machine's distribution, unchanged, and an account that is not root. */
  private void addSystem() throws IOException, InterruptedException {
    Path root = out.resolve("system");
    run(List.of("dpkg", "--verify", "libc6"));
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    String triplet = arm ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
    String loader = arm ? "lib/ld-linux-aarch64.so.1" : "lib64/ld-linux-x86-64.so.2";
    copy(Path.of("/" + loader), root.resolve(loader));
    for (String library : GLIBC) {
      Path file = Path.of("/lib", triplet, library);
      if (Files.exists(file)) { // newer ones have the most in libc itself
        copy(file, root.resolve("lib").resolve(triplet).resolve(library));
      }
    }
    write(
        root.resolve("etc/passwd"),
        "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n");
    write(root.resolve("etc/group"), "root:x:0:\nnonroot:x:65532:\n");
    write(root.resolve("etc/nsswitch.conf"), "passwd: files\nhosts: files dns\n");
    Files.createDirectories(root.resolve("tmp"));
  }

  private void addJava(String modules) throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("java.home"));
    Path runtime = out.resolve("java").resolve(JAVA);
    Files.createDirectories(runtime.getParent());
    run(
        List.of(
            home.resolve("bin/jlink").toString(),
            "--add-modules=" + modules,
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--compress=zip-6",
            "--output=" + runtime));
    Files.setLastModifiedTime(runtime.resolve("lib/modules"), TIME);
  }

  /** The archive is written by the very runtime that will read it, from jars at the same places. */
  private void addClasses(Path list, String main, List<String> flags)
      throws IOException, InterruptedException {
    Path app = Files.createDirectories(out.resolve("app/app"));
    Path stage = out.resolve("stage");
    List<String> jars;
    try (Stream<Path> files = Files.list(target.resolve("lib"))) {
      jars =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".jar") && !NOT_IN_A_CLUSTER.matcher(name).matches())
              .sorted()
              .toList();
    }
    List<String> places = new ArrayList<>();
    for (String each : jars) {
      String place = (each.equals(jar) ? "/app/classpath/" : "/app/libs/") + each;
      Path copy = Path.of(stage + place);
      copy(target.resolve("lib").resolve(each), copy);
      Files.setLastModifiedTime(copy, TIME);
      places.add(place);
    }
    Path java = out.resolve("java").resolve(JAVA).resolve("bin/java");
    TreeSet<String> classes = new TreeSet<>(Files.readAllLines(list));
    try (Stream<String> own = Files.lines(Path.of(System.getProperty("java.home"), "lib/classlist"))) {
      own.filter(line -> !line.startsWith("@") && !line.startsWith("#"))
          .map(line -> line.split(" ", 2)[0])
          .forEach(classes::add);
    }
    Path classList = out.resolve("classes.lst");
    Files.write(classList, classes);
    Path archive = app.resolve("classes.jsa");
    List<String> dump = new ArrayList<>(List.of(java.toString()));
    dump.addAll(flags);
    dump.addAll(
        List.of(
            "-Xshare:dump",
            "-Xlog:disable",
            "-Xlog:all=error",
            "-XX:SharedClassListFile=" + classList,
            "-XX:SharedArchiveFile=" + archive,
            "-cp",
            places.stream().map(place -> stage + place).collect(Collectors.joining(":"))));
    run(dump);
    Path before = out.resolve("before.jsa");
    for (int dumps = 1; !Files.exists(before) || Files.mismatch(before, archive) >= 0; dumps++) {
      if (dumps == DUMPS) {
        throw new IOException("no two archives of classes in a row are the same");
      }
      Files.move(archive, before, StandardCopyOption.REPLACE_EXISTING);
      run(dump);
    }
    Files.delete(before);
    List<String> start = new ArrayList<>(flags);
    start.addAll(
        List.of(
            "-XX:SharedArchiveFile=/app/classes.jsa",
            "-Xshare:auto",
            "-Xlog:cds=off",
            "-cp",
            String.join(":", places),
            main));
    write(app.resolve("java.args"), String.join("\n", start) + "\n");
    delete(stage);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  private static void run(List<String> words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).inheritIO().start();
    if (process.waitFor() != 0) {
      System.err.println(words.getFirst() + " failed; the images cannot be made");
      System.exit(1);
    }
  }
}

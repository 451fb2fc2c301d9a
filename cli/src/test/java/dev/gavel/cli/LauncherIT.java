package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.Processes.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The script `gavel`.
class LauncherIT {
  private static final String JAVA_25 = System.getProperty("java.home");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Ended launch(Path script, Map<String, String> environment, String... words)
      throws Exception {
    List<String> command =
        new java.util.ArrayList<>(List.of("bash", "-c", "cd \"$0\" && exec \"$@\""));
    command.add(folder.toString());
    command.add(script.toString());
    command.addAll(List.of(words));
    Map<String, String> all = new HashMap<>(environment);
    all.putIfAbsent("GAVEL_JAVA_HOME", "");
    all.putIfAbsent("GAVEL_CLASSPATH", "");
    all.putIfAbsent("GAVEL_JAVA_OPTS", "");
    return Processes.run(command, "", all);
  }

  /// A folder that looks like a JDK of some version, whose programs only fail.
  private Path jdk(String version) throws IOException {
    Path home = folder.resolve("jdk-" + version);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    for (String program : List.of("java", "javac")) {
      Path file = Files.writeString(home.resolve("bin").resolve(program), "#!/bin/sh\nexit 77\n");
      assertThat(file.toFile().setExecutable(true)).isTrue();
    }
    return home;
  }

  @Test
  void fromElsewhereThroughLinksWithAnOlderJavaInFront() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("direct"), Processes.LAUNCHER);
    Path second = Files.createSymbolicLink(folder.resolve("gavel"), Path.of("direct"));
    Path old = jdk("17.0.15");
    Map<String, String> environment =
        Map.of(
            "JAVA_HOME", old.toString(),
            "PATH", "%s/bin:%s/bin:%s".formatted(old, JAVA_25, System.getenv("PATH")),
            "GAVEL_JAVA_OPTS", "-Xmx256m  -Dsome=thing");
    Ended ended = launch(second, environment, "--version");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).startsWith("gavel ").contains("(JDK ");
    assertThat(ended.code()).isZero();
    Files.delete(second);
    Files.delete(link);
  }

  /// The JVM passes over a method that does not exist, and nothing but speed tells.
  @Test
  void methodsThatAreCompiledTheirOwnWayExist() throws Exception {
    Ended doctor = launch(Processes.LAUNCHER, Map.of(), "doctor");
    List<MatchResult> named =
        Pattern.compile("-XX:CompileCommand=\\S*?(dev\\.gavel[\\w.]+)::(\\w+)")
            .matcher(doctor.out())
            .results()
            .toList();
    assertThat(named).isNotEmpty();
    for (MatchResult method : named) {
      Class<?> owner = Class.forName(method.group(1), false, getClass().getClassLoader());
      assertThat(owner.getDeclaredMethods())
          .as(method.group())
          .anyMatch(m -> m.getName().equals(method.group(2)));
    }
  }

  @Test
  void theJdkThatIsNamedIsTaken() throws Exception {
    Ended old =
        launch(Processes.LAUNCHER, Map.of("GAVEL_JAVA_HOME", jdk("24").toString()), "--help");
    assertThat(old.code()).isEqualTo(1);
    assertThat(old.out()).isEmpty();
    assertThat(old.err().lines())
        .singleElement()
        .asString()
        .startsWith("gavel: GAVEL_JAVA_HOME=")
        .contains("is no JDK 25 or later");
    Map<String, String> named = Map.of("JAVA_HOME", jdk("25.0.1").toString());
    assertThat(launch(Processes.LAUNCHER, named, "--help").code()).isEqualTo(77);
  }

  @Test
  void theJvmNeverWritesToStandardOutput() throws Exception {
    Map<String, String> environment =
        Map.of("GAVEL_JAVA_HOME", JAVA_25, "GAVEL_JAVA_OPTS", "-XX:+UseG1GC -Xmx128m");
    Ended ended = launch(Processes.LAUNCHER, environment, "inspect", "missing");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).startsWith("{\"path\":\"missing\"").endsWith("}\n");
    assertThat(ended.out().lines()).hasSize(1);
  }

  @Test
  void argumentsAreUtf8AndJarsAreAdded() throws Exception {
    Map<String, String> environment =
        Map.of("GAVEL_JAVA_HOME", JAVA_25, "LC_ALL", "C", "GAVEL_CLASSPATH", folder.toString());
    Ended ended = launch(Processes.LAUNCHER, environment, "inspect", "größe-日本");
    assertThat(ended.out()).startsWith("{\"path\":\"größe-日本\",\"valid\":false");
  }
}

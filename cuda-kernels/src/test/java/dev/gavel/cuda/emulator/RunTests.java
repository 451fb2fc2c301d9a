package dev.gavel.cuda.emulator;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// Runs test classes in a process of their own: on the emulator with a planted bug or other
/// settings, and on a machine that has a GPU but no build tool.
///
///     java -cp ... dev.gavel.cuda.emulator.RunTests [--first] CLASS...
///
/// Exit status 0: all passed, and at least one ran. With `--first` it ends at the first failure.
public final class RunTests {
  private RunTests() {}

  public static void main(String[] args) {
    boolean first = args.length > 0 && args[0].equals("--first");
    Report report = new Report(first);
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(args).skip(first ? 1 : 0).map(c -> selectClass(c)).toList())
            .build();
    LauncherFactory.create().execute(request, report);
    System.out.printf(
        "%d passed, %d failed, %d skipped%n", report.passed, report.failed, report.skipped);
    System.out.flush();
    System.exit(report.failed == 0 && report.passed > 0 ? 0 : 1);
  }

  private static final class Report implements TestExecutionListener {
    private final boolean first;
    private int passed;
    private int failed;
    private int skipped;

    Report(boolean first) {
      this.first = first;
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      skip(test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      switch (result.getStatus()) {
        case FAILED -> fail(test, result.getThrowable().orElse(null));
        case ABORTED -> skip(test, result.getThrowable().map(Throwable::getMessage).orElse(""));
        case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
      }
    }

    private void skip(TestIdentifier test, String reason) {
      skipped++;
      System.out.println("SKIPPED " + test.getDisplayName() + ": " + reason);
    }

    private void fail(TestIdentifier test, Throwable why) {
      failed++;
      System.out.println("FAILED " + test.getDisplayName() + ": " + why);
      if (first) {
        System.out.flush();
        Runtime.getRuntime().halt(1);
      }
    }
  }
}

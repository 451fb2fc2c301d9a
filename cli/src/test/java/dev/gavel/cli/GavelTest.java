package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GavelTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private String input = "";
  private boolean debug;

  record Ended(int code, String out, String err) {}

  private Ended gavel(String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code = run(out, err, words);
    return new Ended(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private int run(OutputStream out, OutputStream err, String... words) {
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new ResultStream(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Interrupt.never());
    return new Gavel(TestCommands.ALL, console, debug).run(List.of(words));
  }

  private static Ended usage(String err) {
    return new Ended(2, "", err);
  }

  @Test
  void helpOfAllCommands() {
    String overview =
        """
        gavel: reward models and judges for language models

        Usage: gavel COMMAND [--option value]…

        Line commands: JSON lines in, JSON lines out
          echo                            text to text

        Making and looking
          data paths                      paths
          wait                            waits until it is interrupted

        Measuring
          bench                           JMH benches, and a report in turns with other systems: 'gavel
                                          bench -h'

        'gavel COMMAND --help' shows a command's options and examples.
        """;
    assertThat(gavel("--help")).isEqualTo(new Ended(0, overview, ""));
    assertThat(gavel("help")).isEqualTo(new Ended(0, overview, ""));
    assertThat(gavel()).isEqualTo(usage(overview));
    assertThat(gavel("--version").out()).startsWith("gavel ").endsWith(")\n");
  }

  @Test
  void helpOfACommand() {
    String expected =
        """
        gavel echo: text to text

        Usage: gavel echo [--option value]…

        Options
          --mode plain|nan|bad_file|missing_file|bug|memory|stray_print
                                          what to do (default plain)
          --stream true|false             print as it comes (default false)
          --where PATH                    needed (required)

        Sampling
          --temperature X                 randomness; 0 is greedy; at least 0 (default 1.0)
          --max_new_tokens N              most tokens of a sample; at least 1, in tokens (default 256)
          --stop STRING,…                 strings that end a sample, so many that the description needs a
                                          second line
          --prompt TEXT                   what comes before; also --prefix

        Rows
          --dataset FILE,…                rows to read: JSON lines, or a JSON array; .gz too; standard input
                                          when absent
          --output_file FILE              where results go instead of standard output; whole or not at all

        Every command
          --config FILE.json              the same keys; // comments allowed; a flag beats the file
          --print_config true|false       print the options with their origin, and stop (default false)
          --help                          this text

        Examples
          gavel echo --where 1
          gavel echo --where 2
          gavel echo --where 3
        """;
    assertThat(gavel("help", "echo")).isEqualTo(new Ended(0, expected, ""));
    assertThat(gavel("echo", "--help")).isEqualTo(new Ended(0, expected, ""));
    assertThat(gavel("echo", "--unknown", "1", "--help").out()).isEqualTo(expected);
    assertThat(gavel("data", "paths", "--help").out()).contains("Usage: gavel data paths PATH… [");
  }

  @Test
  void unknownCommandsNameTheNearest() {
    assertThat(gavel("ehco"))
        .isEqualTo(
            usage(
                "gavel ehco: unknown command; the nearest is 'echo'\n"
                    + "'gavel --help' lists all commands.\n"));
    assertThat(gavel("data", "path").err())
        .startsWith("gavel data path: unknown command; the nearest is 'data paths'");
    assertThat(gavel("data").err()).contains("the nearest is 'data paths'");
    assertThat(gavel("help", "wiat").err()).contains("the nearest is 'wait'");
  }

  @Test
  void wrongUsageNamesEverything() {
    assertThat(gavel("echo", "--where", "x", "--temperature", "-1"))
        .isEqualTo(
            usage(
                "gavel echo: --temperature -1: must be at least 0\n"
                    + "'gavel echo --help' shows all options.\n"));
    assertThat(
            gavel(
                "echo",
                "--temprature",
                "1",
                "--max_new_tokens",
                "--stream=maybe",
                "-mode",
                "plain",
                "--print_config",
                "perhaps",
                "--config"))
        .isEqualTo(
            usage(
                """
                gavel echo: 7 problems
                  --config needs a value: FILE.json
                  --print_config perhaps: expected true or false
                  --max_new_tokens needs a value: N
                  --temprature: unknown flag; the nearest is --temperature
                  '-mode': unexpected; an option is given as --name value
                  --stream maybe: expected true or false
                  --where is required: needed
                'gavel echo --help' shows all options.
                """));
  }

  @Test
  void flagsAndTheirValues() {
    input = "{\"text\":\"é\"}";
    assertThat(gavel("echo", "--where", "x", "--prompt=-seed --stream"))
        .isEqualTo(new Ended(0, "{\"id\":0,\"text\":\"-seed --streamé\"}\n", ""));
    assertThat(gavel("echo", "--where=x", "--prompt", "-p", "--stream").out()).contains("\"-pé\"");
    assertThat(gavel("echo", "--where=x", "--prefix=", "--stream", "false").out())
        .contains("\"é\"");
    assertThat(gavel("echo", "--where=x", "--prompt", "\"a=b\"").out())
        .contains("\"\\\"a=b\\\"é\"");
    assertThat(gavel("echo", "--where=x", "--prompt", "--mode").err())
        .contains("--prompt needs a value", "--mode needs a value");
  }

  @Test
  void listsTakeCommasWordsAndRepetition() {
    String[] call = {"echo", "--where", "x", "--print_config", "true", "--stop", "a,b", "c"};
    assertThat(gavel(call).out()).contains("\"stop\": [\"a\",\"b\",\"c\"],");
    assertThat(gavel("echo", "--where=x", "--stop=a", "--print_config", "--stop", "b,c").out())
        .contains("\"stop\": [\"a\",\"b\",\"c\"],");
  }

  @Test
  void printedConfigIsAConfig() throws IOException {
    Path first =
        Files.writeString(folder.resolve("a.json"), "{\"where\": \"here\", // so\n\"stop\":[]}");
    Ended shown =
        gavel("echo", "--config", first.toString(), "--temperature", "0", "--print_config", "true");
    assertThat(shown.code()).isZero();
    assertThat(shown.out())
        .isEqualTo(
            """
            {
              "mode": "plain", // default
              "stream": false, // default
              "where": "here", // FILE
              "temperature": 0.0, // flag
              "max_new_tokens": 256, // default
              "stop": [], // FILE
              "prompt": null, // default
              "dataset": [], // default
              "output_file": null // default
            }
            """
                .replace("FILE", first.toString()));
    Path second = Files.writeString(folder.resolve("b.json"), shown.out());
    assertThat(gavel("echo", "--config", second.toString(), "--print_config").out())
        .contains("\"temperature\": 0.0, // " + second);
  }

  @Test
  void positionalWords() {
    assertThat(gavel("data", "paths", "a", "--checksum", "b", "-c", "--", "--d").out())
        .isEqualTo("PathsOptions[paths=[a, b, -c, --d], checksum=true]\n");
    assertThat(gavel("data", "paths", "--checksum", "false", "b").out())
        .isEqualTo("PathsOptions[paths=[b], checksum=false]\n");
    assertThat(gavel("data", "paths").out()).contains("paths=[]");
  }

  @Test
  void badRowsEndInExitCodeOne() {
    input = "{\"text\":\"a\"}\n{}\n";
    Ended ended = gavel("echo", "--where", "x");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out())
        .isEqualTo(
            "{\"id\":0,\"text\":\"a\"}\n"
                + "{\"error\":\"'text' is missing (keys: )\",\"line\":2}\n");
  }

  @Test
  void failuresHaveOneMessage() {
    assertThat(gavel("echo", "--where=x", "--mode=nan"))
        .isEqualTo(new Ended(1, "", "gavel echo: the result is NaN\n"));
    assertThat(gavel("echo", "--where=x", "--mode=bad_file").err())
        .isEqualTo("gavel echo: a.json: not JSON\n");
    assertThat(gavel("echo", "--where=x", "--mode=missing_file").err())
        .isEqualTo("gavel echo: a.json: no such file\n");
    assertThat(gavel("echo", "--where=x", "--mode=memory").err())
        .startsWith("gavel echo: out of memory (Java heap space); GAVEL_JAVA_OPTS=");
    assertThat(gavel("echo", "--where=x", "--dataset=none.jsonl").err())
        .isEqualTo("gavel echo: none.jsonl: no such file\n");
    assertThat(gavel("echo", "--where=x", "--mode=bug").err())
        .isEqualTo(
            "gavel echo: java.lang.ArithmeticException: divided by zero\n"
                + "  this is a bug in gavel; GAVEL_DEBUG=1 shows where it happened\n");
    debug = true;
    assertThat(gavel("echo", "--where=x", "--mode=bug").err()).contains("TestCommands.echo(");
  }

  private static OutputStream failing(String message) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(message);
      }
    };
  }

  @Test
  void aClosedPipeEndsQuietlyAndAFullDiskDoesNot() {
    input = "{\"text\":\"a\"}\n".repeat(10_000);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertThat(run(failing("Broken pipe"), err, "echo", "--where", "x")).isZero();
    assertThat(run(failing("Broken pipe"), err, "--help")).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(run(failing("No space left on device"), err, "echo", "--where", "x")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("gavel echo: standard output: No space left on device\n");
  }
}

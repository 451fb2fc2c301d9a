package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.Processes.Ended;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gavel star` as a process that is killed: it goes on to the same bytes.
class StarIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  private List<String> command(String name, String... more) {
    List<String> command = new ArrayList<>(Processes.modules(name));
    command.remove("-XX:TieredStopAtLevel=1"); // the vector kernels need the second compiler
    command.addAll(List.of("--chat_template", "llama3", "--threads", "2"));
    command.addAll(List.of(more));
    return command;
  }

  /// A judge that says A or B at random, and pairs.
  private Path teach() throws Exception {
    StringBuilder rows = new StringBuilder();
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      pairs.append("{\"prompt\":\"%d\",\"chosen\":\"x\",\"rejected\":\"y\"}\n".formatted(i));
      for (String order : List.of("xy", "yx")) {
        for (String verdict : List.of("A", "B")) {
          rows.append(
              "{\"messages\":[{\"role\":\"user\",\"content\":\"%d%s\"},{\"role\":\"assistant\",\"content\":\"so [[%s]]\"}]}\n"
                  .formatted(i, order, verdict));
        }
      }
    }
    Files.writeString(dir.resolve("pairs.jsonl"), pairs);
    Files.writeString(dir.resolve("rows.jsonl"), rows);
    Files.writeString(dir.resolve("prompt.json"), "{\"user\":\"{chat}{answer_a}{answer_b}\"}");
    Path base = dir.resolve("base");
    Ended ended =
        Processes.run(
            command(
                "sft",
                "--model_name_or_path",
                Golden.find("ckpt_a").getFirst().toString(),
                "--dataset",
                dir.resolve("rows.jsonl").toString(),
                "--output_dir",
                base.toString(),
                "--max_steps",
                "60",
                "--learning_rate",
                "5e-3",
                "--per_device_train_batch_size",
                "60"),
            "");
    assertThat(ended.code()).as(ended.err()).isZero();
    return base;
  }

  private List<String> star(Path base, String out) {
    return command(
        "star",
        "--mode",
        "dpo",
        "--model_name_or_path",
        base.toString(),
        "--dataset",
        dir.resolve("pairs.jsonl").toString(),
        "--eval_dataset",
        dir.resolve("pairs.jsonl").toString(),
        "--prompt_template",
        dir.resolve("prompt.json").toString(),
        "--output_dir",
        dir.resolve(out).toString(),
        "--n",
        "4",
        "--max_new_tokens",
        "8",
        "--per_device_train_batch_size",
        "2",
        "--gradient_accumulation_steps",
        "1",
        "--learning_rate",
        "1e-3",
        "--save_steps",
        "3",
        "--logging_steps",
        "1");
  }

  private void killedAndResumed(int times) throws Exception {
    Path base = teach();
    long start = System.nanoTime();
    assertThat(Processes.run(star(base, "whole"), "").code()).isZero();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < times; i++) {
      Process process =
          new ProcessBuilder(star(base, "killed"))
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("log").toFile())
              .start();
      process.waitFor(random.nextLong(1 + millis / 2), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
    }
    Ended last = Processes.run(star(base, "killed"), "");
    assertThat(last.code()).as(last.err()).isZero();
    same(seed);
  }

  private void same(long seed) throws IOException {
    for (int k = 1; k <= 3; k++) {
      for (String name :
          List.of(
              "draws.jsonl",
              "rows.jsonl",
              "model.safetensors",
              "metrics.jsonl",
              "results.json",
              "judged-pairs/votes.jsonl",
              "judged-pairs/results.json")) {
        Path file = Path.of("iteration-" + k).resolve(name);
        assertThat(dir.resolve("killed").resolve(file))
            .as("%s, seed %d", file, seed)
            .hasSameBinaryContentAs(dir.resolve("whole").resolve(file));
      }
    }
  }

  @Test
  void aLoopThatIsKilledLeavesTheSameBytes() throws Exception {
    killedAndResumed(2);
  }

  @Test
  @Tag("slow")
  void soDoesOneThatIsKilledAtTwentyMoments() throws Exception {
    killedAndResumed(20);
  }
}

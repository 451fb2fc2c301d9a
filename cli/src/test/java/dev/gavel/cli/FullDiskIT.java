package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.Processes.Ended;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commands whose disk is full: a real one of its own, where the system lets us mount it; and
/// everywhere a process whose files may not grow (`ulimit -f`), for which a write ends in the
/// middle just so.
class FullDiskIT {
  private static final Path MODEL = Golden.find("ckpt_a").getFirst();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Path rows;
  private Path disk;

  @BeforeEach
  void makeInputs() throws IOException {
    rows =
        Files.writeString(
            folder.resolve("rows.jsonl"), "{\"text\":\"Hello, how are you?\"}\n".repeat(2000));
    disk = Files.createDirectory(folder.resolve("disk"));
  }

  /// What a call leaves on the disk is listed after its results.
  private String script(String before, String... words) {
    List<String> command = new ArrayList<>(Processes.modules(words));
    command.add(1, "-XX:-UsePerfData"); // the JVM's own file
    return "%s && { '%s'; code=$?; find '%s' -type f -printf '%%P %%s\\n'; exit $code; }"
        .formatted(before, String.join("' '", command), disk);
  }

  private Ended onATinyDisk(String size, String... words) throws Exception {
    String mount = "mount -t tmpfs -o size=%s tmpfs '%s'".formatted(size, disk);
    return Processes.run(List.of("unshare", "-rm", "bash", "-c", script(mount, words)), "");
  }

  private Ended withTinyFiles(int kilobytes, String... words) throws Exception {
    return Processes.run(List.of("bash", "-c", script("ulimit -f " + kilobytes, words)), "");
  }

  private boolean cannotMount() throws Exception {
    String test = "mount -t tmpfs -o size=1m tmpfs '%s'".formatted(disk);
    boolean cannot;
    try {
      cannot = Processes.run(List.of("unshare", "-rm", "bash", "-c", test), "").code() != 0;
    } catch (IOException e) {
      cannot = true; // no unshare
    }
    if (cannot) {
      System.err.println("SKIPPED: a full disk of its own: mounting is not permitted here");
    }
    return cannot;
  }

  private String[] tokenize() {
    return new String[] {
      "tokenize",
      "--model_name_or_path",
      MODEL.toString(),
      "--dataset",
      rows.toString(),
      "--output_file",
      disk.resolve("ids.jsonl").toString()
    };
  }

  private String[] sft() {
    return new String[] {
      "sft",
      "--model_name_or_path",
      MODEL.toString(),
      "--dataset",
      rows.toString(),
      "--output_dir",
      disk.resolve("run").toString(),
      "--max_steps=40",
      "--save_steps=1",
      "--per_device_train_batch_size=1",
      "--threads=1"
    };
  }

  @Test
  void aResultFileIsWholeOrNotThere() throws Exception {
    Ended ended = withTinyFiles(16, tokenize());
    assertThat(ended)
        .isEqualTo(
            new Ended(
                1,
                "",
                "gavel tokenize: %s: not written: File too large\n"
                    .formatted(disk.resolve("ids.jsonl"))));
    if (cannotMount()) {
      return;
    }
    assertThat(onATinyDisk("16k", tokenize()))
        .isEqualTo(
            new Ended(
                1,
                "",
                "gavel tokenize: %s: not written: No space left on device\n"
                    .formatted(disk.resolve("ids.jsonl"))));
  }

  @Test
  void aTrainingLeavesWholeCheckpointsOnly() throws Exception {
    Ended tiny = withTinyFiles(64, sft());
    assertThat(tiny.code()).isEqualTo(1);
    assertThat(tiny.err()).contains("gavel sft: ", "not written: File too large");
    assertThat(tiny.out()).contains("run/run.json ").doesNotContain("checkpoint-", ".tmp");
    if (cannotMount()) {
      return;
    }
    Ended ended = onATinyDisk("2m", sft());
    assertThat(ended.code()).as(ended.err()).isEqualTo(1);
    assertThat(ended.err())
        .containsPattern("not written: (needs \\d+ bytes, the disk has \\d+ free|No space left)");
    assertThat(ended.out()).contains("run/checkpoint-1/model.safetensors ");
    assertThat(ended.out()).doesNotContain("run/.checkpoint-", ".tmp");
    List<String> states =
        ended.out().lines().filter(l -> l.contains("trainer_state.json")).toList();
    List<String> weights =
        ended
            .out()
            .lines()
            .filter(l -> l.matches("run/checkpoint-\\d+/model.safetensors .*"))
            .toList();
    assertThat(states).hasSameSizeAs(weights);
  }

  @Test
  void aJudgementGoesOnWhenThereIsRoom() throws Exception {
    Path pairs =
        Files.writeString(
            folder.resolve("pairs.jsonl"),
            "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}\n".repeat(20));
    Path template =
        Files.writeString(
            folder.resolve("prompt.json"), "{\"user\":\"{chat} {answer_a} {answer_b}\"}");
    String[] judge = {
      "judge",
      "--model_name_or_path",
      MODEL.toString(),
      "--dataset",
      pairs.toString(),
      "--prompt_template",
      template.toString(),
      "--n=4",
      "--max_new_tokens=8",
      "--threads=1",
      "--output_dir",
      disk.resolve("judged").toString()
    };
    Ended full = withTinyFiles(8, judge);
    assertThat(full.code()).as(full.err()).isEqualTo(1);
    assertThat(full.err()).contains("votes.jsonl: cannot be written: File too large");
    assertThat(full.out()).contains("judged/votes.jsonl 8192").doesNotContain("results.json");
    Ended resumed = withTinyFiles(1024, judge);
    assertThat(resumed.code()).as(resumed.err()).isZero();
    Path whole = folder.resolve("whole");
    judge[judge.length - 1] = whole.toString();
    assertThat(withTinyFiles(1024, judge).code()).isZero();
    assertThat(disk.resolve("judged/votes.jsonl"))
        .hasSameBinaryContentAs(whole.resolve("votes.jsonl"));
  }
}

package dev.gavel.train.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BinderTest {
  enum Schedule {
    LINEAR,
    COSINE_WITH_MIN_LR,
    LLAMA3_1 {
      @Override
      public String toString() {
        return "llama3.1";
      }
    }
  }

  @OptGroup("Model")
  record ModelOptions(
      @Opt("folder") Path modelNameOrPath,
      @Opt(value = "seed", def = "42") long seed,
      @Opt(
              value = "template",
              choices = {"llama3", "llama3.2"})
          Optional<String> chatTemplate) {}

  @OptGroup("Optimizer")
  record OptimOptions(
      @Opt(value = "peak", def = "5e-5", range = "(0, inf)") double learningRate,
      @Opt(value = "of all steps", def = "0", alias = "warmup_ratio", range = "[0, inf)")
          double warmupSteps,
      @Opt(value = "shape", def = "linear") Schedule lrSchedulerType) {}

  record TrainOptions(
      ModelOptions model,
      @Defaults("learning_rate=1e-6") OptimOptions optim,
      @Opt("rows") List<Path> dataset,
      @Opt(value = "sizes", def = "8,4", range = "[1, inf)") List<Integer> batchSizes,
      @Opt("text that ends a sample") List<String> stop,
      @Opt(value = "steps", def = "-1") int maxSteps,
      @Opt(value = "LoRA", def = "false") boolean usePeft,
      @Opt("folder") Optional<Path> outputDir) {
    TrainOptions {
      if (usePeft && maxSteps == 7) {
        throw new IllegalArgumentException("max_steps 7 does not go with use_peft true");
      }
    }
  }

  private static final Schema<TrainOptions> SCHEMA = Schema.of(TrainOptions.class);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  /// Names and values in turn, as the command line would hand them on.
  private static Bound<TrainOptions> bind(Optional<Path> config, String... flags)
      throws UsageException {
    List<Call.Flag> given = new ArrayList<>();
    for (int i = 0; i < flags.length; i += 2) {
      given.add(new Call.Flag(flags[i], List.of(flags[i + 1])));
    }
    return Binder.bind(SCHEMA, new Call(given, List.of(), config), List.of());
  }

  private static List<String> problems(Optional<Path> config, String... flags) {
    return catchThrowableOfType(UsageException.class, () -> bind(config, flags)).problems();
  }

  private Optional<Path> config(String text) throws IOException {
    return Optional.of(Files.writeString(folder.resolve("run.json"), text));
  }

  @Test
  void defaultsHold() throws UsageException {
    TrainOptions o = bind(Optional.empty(), "model_name_or_path", "m").options();
    assertThat(o.model()).isEqualTo(new ModelOptions(Path.of("m"), 42, Optional.empty()));
    assertThat(o.optim()).isEqualTo(new OptimOptions(1e-6, 0, Schedule.LINEAR));
    assertThat(o.dataset()).isEmpty();
    assertThat(o.batchSizes()).containsExactly(8, 4);
    assertThat(o.maxSteps()).isEqualTo(-1);
    assertThat(o.usePeft()).isFalse();
    assertThat(o.outputDir()).isEmpty();
  }

  @Test
  void flagBeatsFileBeatsDefault() throws Exception {
    Optional<Path> config =
        config(
            """
            { // a comment
              "model_name_or_path": "from file",
              "seed": 1, "max_steps": 2,
              "dataset": ["a.jsonl", "b,c.jsonl"],
              "batch_sizes": "1,2"
            }
            """);
    Bound<TrainOptions> bound = bind(config, "seed", "9");
    assertThat(bound.options().model().seed()).isEqualTo(9);
    assertThat(bound.options().maxSteps()).isEqualTo(2);
    assertThat(bound.options().dataset()).containsExactly(Path.of("a.jsonl"), Path.of("b,c.jsonl"));
    assertThat(bound.options().batchSizes()).containsExactly(1, 2);
    assertThat(bound.origin("seed")).isEqualTo("flag");
    assertThat(bound.origin("max_steps")).endsWith("run.json");
    assertThat(bound.origin("stop")).isEqualTo("default");
  }

  @Test
  void everyTypeIsRead() throws UsageException {
    TrainOptions o =
        bind(
                Optional.empty(),
                "model_name_or_path",
                "m",
                "lr_scheduler_type",
                "cosine_with_min_lr",
                "learning_rate",
                "2E-5",
                "warmup_ratio",
                ".1",
                "dataset",
                "a,b",
                "stop",
                "x\\,y,",
                "chat_template",
                "llama3.2",
                "use_peft",
                "true",
                "output_dir",
                "out")
            .options();
    assertThat(o.optim()).isEqualTo(new OptimOptions(2e-5, 0.1, Schedule.COSINE_WITH_MIN_LR));
    assertThat(o.dataset()).containsExactly(Path.of("a"), Path.of("b"));
    assertThat(o.stop()).containsExactly("x,y", "");
    assertThat(o.model().chatTemplate()).contains("llama3.2");
    assertThat(o.usePeft()).isTrue();
    assertThat(o.outputDir()).contains(Path.of("out"));
  }

  @Test
  void aConstantMayNameItself() throws UsageException {
    assertThat(
            bind(Optional.empty(), "model_name_or_path", "m", "lr_scheduler_type", "llama3.1")
                .options()
                .optim()
                .lrSchedulerType())
        .isEqualTo(Schedule.LLAMA3_1);
  }

  @Test
  void allProblemsComeTogether() throws IOException {
    Optional<Path> config =
        config("{\"learning_rat\": 1, \"max_steps\": 1.5, \"dataset\": {\"a\": 1}, \"config\": 1}");
    assertThat(
            problems(
                config,
                "modle_name_or_path",
                "m",
                "seed",
                "x",
                "learning_rate",
                "0",
                "batch_sizes",
                "4,0",
                "lr_scheduler_type",
                "cosine",
                "use_peft",
                "yes",
                "warmup_steps",
                "nan"))
        .containsExactly(
            config.get() + ": unknown key 'learning_rat'; the nearest is 'learning_rate'",
            config.get() + ": 'dataset' {\"a\":1}: expected an array of plain values",
            config.get() + ": 'config' is a flag only",
            "--modle_name_or_path: unknown flag; the nearest is --model_name_or_path",
            "--model_name_or_path is required: folder",
            "--seed x: expected an integer of 64 bits",
            "--learning_rate 0: must be above 0",
            "--warmup_steps nan: expected a number",
            "--lr_scheduler_type cosine: expected linear, cosine_with_min_lr or llama3.1",
            "--batch_sizes 4,0: '0': must be at least 1",
            config.get() + ": 'max_steps' 1.5: expected an integer of 32 bits",
            "--use_peft yes: expected true or false");
  }

  @Test
  void whatAConstructorRefusesIsAProblemOfTheCall() {
    assertThat(
            problems(
                Optional.empty(),
                "model_name_or_path",
                "m",
                "use_peft",
                "true",
                "max_steps",
                "7",
                "bach_sizes",
                "1"))
        .containsExactly(
            "--bach_sizes: unknown flag; the nearest is --batch_sizes",
            "max_steps 7 does not go with use_peft true");
  }

  @Test
  void anOptionHasOneValuePerSource() throws Exception {
    assertThat(problems(Optional.empty(), "model_name_or_path", "m", "seed", "1", "seed", "2"))
        .containsExactly("--seed is given twice");
    assertThat(
            problems(
                Optional.empty(),
                "model_name_or_path",
                "m",
                "warmup_ratio",
                "0.1",
                "warmup_steps",
                "2"))
        .containsExactly("--warmup_ratio and --warmup_steps are the same option");
    Optional<Path> config = config("{\"warmup_ratio\": 0.5, \"model_name_or_path\": \"m\"}");
    assertThat(bind(config, "warmup_steps", "2").options().optim().warmupSteps()).isEqualTo(2);
  }

  @Test
  void configFilesThatAreNone() throws IOException {
    Path missing = folder.resolve("missing.json");
    assertThat(problems(Optional.of(missing))).contains("--config " + missing + ": no such file");
    assertThat(problems(config("[1]")))
        .first()
        .asString()
        .endsWith("run.json: expected a JSON object with the options as its keys");
    assertThat(problems(config("{\"seed\": 1, \"seed\": 2}")))
        .first()
        .asString()
        .contains("run.json:1:", "Duplicate");
  }

  @Test
  void nullMeansNone() throws Exception {
    Optional<Path> config = config("{\"model_name_or_path\": null, \"output_dir\": null}");
    assertThat(problems(config)).singleElement().asString().endsWith("null: expected a value");
    assertThat(bind(config, "model_name_or_path", "m").options().outputDir()).isEmpty();
  }

  @Test
  void whatIsResolvedReadsBackEqual() throws Exception {
    Bound<TrainOptions> bound =
        bind(
            Optional.empty(),
            "model_name_or_path",
            "m/n",
            "learning_rate",
            "3.0000000000000004e-5",
            "stop",
            "a\\,b",
            "use_peft",
            "true");
    assertThat(Json.write(bound.json()))
        .isEqualTo(
            "{\"model_name_or_path\":\"m/n\",\"seed\":42,\"chat_template\":null,"
                + "\"learning_rate\":3.0000000000000004E-5,\"warmup_steps\":0.0,"
                + "\"lr_scheduler_type\":\"linear\",\"dataset\":[],\"batch_sizes\":[8,4],"
                + "\"stop\":[\"a,b\"],\"max_steps\":-1,\"use_peft\":true,\"output_dir\":null}");
    assertThat(bind(config(Json.write(bound.json()))).options()).isEqualTo(bound.options());
    assertThat(bind(config(bound.explained())).options()).isEqualTo(bound.options());
    assertThat(bound.explained())
        .startsWith("{\n  \"model_name_or_path\": \"m/n\", // flag\n  \"seed\": 42, // default\n")
        .endsWith("  \"output_dir\": null // default\n}\n");
  }

  record Words(@Opt(value = "files", positional = true, meta = "PATH") List<Path> paths) {}

  record Word(@Opt(value = "file", positional = true, meta = "FILE") Path file) {}

  @Test
  void wordsGoToThePositionalOption() throws UsageException {
    Call call = new Call(List.of(), List.of("a,b", "c"), Optional.empty());
    assertThat(Binder.bind(Schema.of(Words.class), call, List.of()).options().paths())
        .containsExactly(Path.of("a,b"), Path.of("c"));
    assertThatThrownBy(() -> Binder.bind(Schema.of(Word.class), call, List.of()))
        .hasMessageStartingWith("'c': unexpected");
    assertThatThrownBy(() ->
            Binder.bind(
                Schema.of(Word.class), new Call(List.of(), List.of(), Optional.empty()), List.of()))
        .hasMessage("FILE is required: file");
    assertThat(
            catchThrowableOfType(
                    UsageException.class, () -> Binder.bind(SCHEMA, call, List.of("one before")))
                .problems())
        .startsWith("one before", "'a,b': unexpected; an option is given as --name value");
  }

  enum Mode {
    SFT,
    DPO,
    IPO
  }

  record Draws(
      @Opt(value = "draws", def = "2") int n, @Opt(value = "folder", meta = "DIR") Path to) {}

  record Loop(
      @Opt(value = "what is learned", def = "sft") Mode mode,
      @Opt(value = "scale", def = "0.5", with = "mode=dpo,ipo") double beta,
      @Opt(value = "others", with = "mode=sft") List<Path> rationales,
      @Opt(
              value = "rounds",
              with = {"rationales", "mode!=ipo"})
          Optional<Integer> rounds,
      @Opt(value = "own", with = "!rationales or mode=dpo") Optional<String> own,
      @With({"n: mode=sft or rationales", "to: never"}) @Defaults("to=here") Draws draws) {}

  private static final Schema<Loop> LOOP = Schema.of(Loop.class);

  private static Bound<Loop> loop(Optional<Path> config, String... flags) throws UsageException {
    List<Call.Flag> given = new ArrayList<>();
    for (int i = 0; i < flags.length; i += 2) {
      given.add(new Call.Flag(flags[i], List.of(flags[i + 1])));
    }
    return Binder.bind(LOOP, new Call(given, List.of(), config), List.of());
  }

  private static List<String> unread(Optional<Path> config, String... flags) {
    return catchThrowableOfType(UsageException.class, () -> loop(config, flags)).problems();
  }

  @Test
  void anOptionThatNothingReadsIsRefused() throws Exception {
    assertThat(loop(Optional.empty(), "mode", "dpo", "beta", "1").options().beta()).isEqualTo(1);
    assertThat(loop(Optional.empty(), "own", "x", "n", "3").options().own()).hasValue("x");
    assertThat(unread(Optional.empty(), "beta", "0.5"))
        .containsExactly("--beta 0.5 is used with --mode dpo, ipo, but --mode is sft");
    assertThat(unread(Optional.empty(), "mode", "ipo", "rounds", "1", "n", "2", "to", "there"))
        .containsExactly(
            "--rounds 1 is used with --rationales, but --rationales is not given",
            "--n 2 is used with --mode sft or --rationales, but --mode is ipo and --rationales is"
                + " not given",
            "--to there is not used by this command");
    assertThat(unread(Optional.empty(), "mode", "dpo", "rationales", "a,b"))
        .containsExactly("--rationales a,b is used with --mode sft, but --mode is dpo");
    assertThat(unread(Optional.empty(), "rationales", "a", "own", "x"))
        .containsExactly(
            "--own x is used with no --rationales or --mode dpo, but --rationales is a and --mode"
                + " is sft");
  }

  @Test
  void itIsSaidWithAllElseThatIsWrong() {
    assertThat(unread(Optional.empty(), "beta", "1", "n", "x"))
        .containsExactly(
            "--n x: expected an integer of 32 bits",
            "--beta 1 is used with --mode dpo, ipo, but --mode is sft");
    assertThat(unread(Optional.empty(), "mode", "dqo", "beta", "1")) // nobody knows whether it is
        .singleElement()
        .asString()
        .startsWith("--mode dqo");
  }

  @Test
  void aResolvedConfigHasKeysThatNothingReads() throws Exception {
    Bound<Loop> bound = loop(Optional.empty(), "n", "7");
    assertThat(Json.write(bound.json())).contains("\"beta\":0.5", "\"rounds\":null");
    assertThat(loop(config(Json.write(bound.json()))).options()).isEqualTo(bound.options());
    assertThat(bound.explained()).contains("\"beta\": 0.5, // default, not used here\n");
    assertThat(loop(config(bound.explained())).options()).isEqualTo(bound.options());
    assertThat(bound.isRead("beta")).isFalse();
    assertThat(bound.isRead("n")).isTrue();
    assertThat(unread(config("{\"beta\": 0.7}")))
        .singleElement()
        .asString()
        .endsWith("run.json: 'beta' 0.7 is used with --mode dpo, ipo, but --mode is sft");
  }

  @Test
  void anOptionSaysWhereItIsRead() {
    assertThat(LOOP.find("mode").orElseThrow().usedWith()).isEmpty();
    assertThat(LOOP.find("beta").orElseThrow().usedWith()).isEqualTo("used with --mode dpo, ipo");
    assertThat(LOOP.find("rounds").orElseThrow().usedWith())
        .isEqualTo("used with --rationales; and with a --mode other than ipo");
    assertThat(LOOP.find("to").orElseThrow().isNever()).isTrue();
  }

  record NoSuchOption(@Opt(value = "n", def = "1", with = "mod=sft") int n) {}

  record NoSuchValue(
      @Opt(value = "m", def = "sft") Mode mode,
      @Opt(value = "n", def = "1", with = "mode=sfd") int n) {}

  record NoSuchKey(@With("sed: model_name_or_path") ModelOptions model) {}

  @Test
  void wrongConditionsAreFoundAtOnce() {
    assertThatThrownBy(() -> Schema.of(NoSuchOption.class))
        .hasMessage("NoSuchOption.n: its condition on 'mod' names no option");
    assertThatThrownBy(() -> Schema.of(NoSuchValue.class))
        .hasMessageStartingWith("NoSuchValue.n: its condition on 'mode': ");
    assertThatThrownBy(() -> Schema.of(NoSuchKey.class)).hasMessageContaining("'sed'");
  }

  record BadDefault(@Opt(value = "n", def = "0", range = "[1, 2]") int n) {}

  record BadType(@Opt("n") float n) {}

  record Bare(int n) {}

  record Twice(@Opt("n") int n, @Opt(value = "m", alias = "n") int m) {}

  record Reserved(@Opt("n") int config) {}

  record Allowed(@Opt(value = "n", reserved = true) int config) {}

  record NoSuchDefault(@Defaults("sed=1") ModelOptions model) {}

  @Test
  void wrongDeclarationsAreFoundAtOnce() {
    assertThatThrownBy(() -> Schema.of(BadDefault.class))
        .hasMessage("BadDefault.n: its default: must be in [1, 2]");
    assertThatThrownBy(() -> Schema.of(BadType.class)).hasMessageContaining("of type float");
    assertThatThrownBy(() -> Schema.of(Bare.class)).hasMessageContaining("neither annotated");
    assertThatThrownBy(() -> Schema.of(Twice.class)).hasMessageContaining("two options named n");
    assertThatThrownBy(() -> Schema.of(Reserved.class)).hasMessageContaining("every command");
    assertThat(Schema.of(Allowed.class).find("config")).isPresent();
    assertThatThrownBy(() -> Schema.of(NoSuchDefault.class)).hasMessageContaining("'sed'");
  }
}

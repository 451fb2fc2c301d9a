package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// No option is taken and not read.
class UnreadOptionsTest {
  private static final Pattern FLAG = Pattern.compile("--([a-z_]+)");

  static List<Command<?>> commands() {
    return Commands.ALL;
  }

  /// A schema refuses conditions on what it does not have; see BinderTest.
  @ParameterizedTest
  @MethodSource("commands")
  void aConditionNamesOptionsThatThereAre(Command<?> command) {
    Schema<?> schema = command.schema();
    for (OptSpec option : schema.options()) {
      Matcher flags = FLAG.matcher(option.usedWith());
      while (flags.find()) {
        assertThat(schema.find(flags.group(1)))
            .as("%s --%s: %s", command.name(), option.key(), option.usedWith())
            .isPresent();
      }
      if (!option.usedWith().isEmpty() && !option.isNever()) {
        String help = Help.of(command).replaceAll("\\s+", " ");
        assertThat(help).contains(option.usedWith());
      }
    }
  }

  private static final String LORA =
      "lora_r lora_alpha lora_dropout lora_target_modules lora_modules_to_save use_rslora";
  private static final String TRAINING = "min_lr_rate eval_steps per_device_eval_batch_size";
  private static final String START = "base_model scaled_init";

  static Stream<org.junit.jupiter.params.provider.Arguments> alone() {
    return Stream.of(
        arguments("tokenize", "skip_special_tokens date_string"),
        arguments("logprobs", "date_string"),
        arguments("doctor", "output_dir"),
        arguments("data inspect", "date_string assistant_only_loss eos_token"),
        arguments("sft", String.join(" ", START, LORA, TRAINING)),
        arguments("reward", String.join(" ", START, "completion_tokens", LORA, TRAINING)),
        arguments("pairrm", String.join(" ", START, LORA, TRAINING)),
        arguments("dpo", String.join(" ", START, LORA, TRAINING)),
        arguments("genrm", String.join(" ", START, "verdict_suffix", LORA, TRAINING)),
        arguments(
            "star",
            String.join(
                " ",
                "max_pairs_per_prompt bootstrap_iterations rationalize rationale_template",
                "rationalizer_model verdict_suffix beta rpo_alpha n",
                LORA,
                TRAINING)),
        arguments("judge", "answers ref_model beta"),
        arguments("eval rewardbench", "answers ref_model beta"),
        arguments("eval rewardbench2", "answers ref_model beta ranking_template"),
        arguments("score", "answers ref_model beta"));
  }

  /// A flag is refused whatever its value, the default's too, where nothing else makes it read.
  @ParameterizedTest
  @MethodSource("alone")
  void whatNothingReadsByDefaultIsRefusedByItself(String name, String expected) {
    Command<?> command =
        Commands.ALL.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
    List<String> refused = new ArrayList<>();
    for (OptSpec option : command.schema().options()) {
      String value = option.key().equals("verdict_suffix") ? "[[X]]" : option.def().orElse("1");
      List<String> call = new ArrayList<>(List.of(name.split(" ")));
      call.add("--" + option.key() + "=" + value);
      if (!option.usedWith().isEmpty()) {
        Ended ended = gavel("", call.toArray(String[]::new));
        assertThat(ended.code()).as(ended.err()).isEqualTo(2);
        if (ended.err().contains("--%s %s is ".formatted(option.key(), value))) {
          refused.add(option.key());
        }
      }
    }
    assertThat(refused).containsExactly(expected.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          star --mode rationalizer --samples_per_prompt 4; --samples_per_prompt 4 is used with --mode sft, dpo, ipo or --rationalize wrong, but --mode is rationalizer and --rationalize is all
          star --rationales r.jsonl --bootstrap_iterations 3 --samples_per_prompt 1; --samples_per_prompt 1: all rounds learn from --rationales
          star --beta 0.1; --beta 0.1 is used with --mode dpo, ipo, but --mode is sft
          star --mode rationalizer --rpo_alpha 1; --rpo_alpha 1 is used with --mode dpo, ipo, but --mode is rationalizer
          star --max_pairs_per_prompt 2; --max_pairs_per_prompt 2 is used with --mode dpo, ipo
          star --mode dpo --rationale_template t.json; --rationale_template t.json is used with --mode rationalizer, ipo
          star --rationalizer_model m; --rationalizer_model m is used with --mode rationalizer, ipo
          star --mode ipo --rationalize wrong; --rationalize wrong is used with --mode rationalizer, but --mode is ipo
          star --mode dpo --rationales r.jsonl; --rationales r.jsonl is used with --mode sft, but --mode is dpo
          star --bootstrap_iterations 2; --bootstrap_iterations 2 is used with --rationales, but --rationales is not given
          star --n 8; --n 8 is used with --eval_dataset, but --eval_dataset is not given
          star --model_name_or_path m --dataset d --output_dir o --resume_from_checkpoint false; --resume_from_checkpoint false: the loop always goes on
          judge --method bt --n 32; --n 32 is used with --method cot or --answers sampled, but --method is bt and --answers is exact
          judge --method genrm --temperature 0.5; --temperature 0.5 is used with --method cot or --answers sampled
          judge --method pairrm --top_p 1; --top_p 1 is used with --method cot or --answers sampled
          judge --method dpo --max_new_tokens 9; --max_new_tokens 9 is used with --method cot, but --method is dpo
          judge --method genrm --answers sampled --verdict_rule first; --verdict_rule first is used with --method cot
          judge --method bt --prompt_template t.json; --prompt_template t.json is used with --method cot, genrm, pairrm, but --method is bt
          judge --answers exact; --answers exact is used with --method genrm, but --method is cot
          judge --method bt --beta 0.1; --beta 0.1 is used with --method dpo, but --method is bt
          eval rewardbench --method bt --n 4; --n 4 is used with
          eval rewardbench2 --method bt --beta 1; --beta 1 is used with --method dpo
          score --method bt --batch_size 4; --batch_size 4 is used with --method cot, genrm, pairrm
          score --method dpo --reference_column best; --reference_column best is used with --method cot, genrm, pairrm
          genrm --target rationale --order both; --order both is used with --target answer, but --target is rationale
          genrm --verdict_suffix [[X]]; --verdict_suffix [[X]] is used with --target rationale, but --target is answer
          sft --lora_r 8; --lora_r 8 is used with --use_peft true, but --use_peft is false
          sft --model_name_or_path m --scaled_init; --scaled_init true is used with --init_from_config
          sft --init_from_config c.json --base_model b; --base_model b is used with --model_name_or_path
          reward --save_strategy epoch --save_steps 5; --save_steps 5 is used with --save_strategy steps, but --save_strategy is epoch
          dpo --per_device_eval_batch_size 4; --per_device_eval_batch_size 4 is used with --eval_strategy steps, epoch or --precompute_ref_log_probs true
          reward --completion_tokens all; --completion_tokens all is not used by this command
          logprobs --date_string today; --date_string today is not used by this command
          doctor --output_dir reports; --output_dir reports is used with --full true
          judge --merge --unknown 1; --unknown: unknown flag; the nearest is --
          judge --compare --unknown=1 a b; --unknown: unknown flag; the nearest is --
          """)
  void itIsRefused(String call, String message) {
    Ended ended = gavel("", call.split(" "));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          star --mode rationalizer --rationalize wrong --samples_per_prompt 4
          star --rationales r.jsonl --bootstrap_iterations 2 --samples_per_prompt 1
          star --mode ipo --beta 0.1 --rpo_alpha 1 --max_pairs_per_prompt 2 --rationale_template t.json
          star --eval_dataset e.jsonl --n 8 --resume_from_checkpoint true
          judge --n 4 --temperature 0.5 --top_p 1 --max_new_tokens 9 --verdict_rule first
          judge --method genrm --answers sampled --n 4 --prompt_template t.json
          judge --method bt --order both --batch_size 4 --seed 7
          score --method pairrm --reference_column best --order both
          genrm --target rationale --verdict_suffix [[X]]
          dpo --precompute_ref_log_probs true --per_device_eval_batch_size 4
          sft --use_peft --lora_r 8 --lora_dropout 0
          """)
  void whereItIsReadItIsNot(String call) {
    assertThat(gavel("", call.split(" ")).err()).doesNotContain("is used with");
  }
}

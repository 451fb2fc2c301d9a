package dev.gavel.train.judge;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// How a pair is put to a judge, how often, and how verdicts are read.
@OptGroup("Judging")
public record PairJudging(
    @Opt(value = "votes for each pair and order", def = "32", range = "[1, 1000000]") int n,
    @Opt(value = "which response stands in place A", def = "seeded") Placement.Mode order,
    DrawOptions drawn,
    @Opt(
            value =
                "JSON {\"system\"?, \"user\"} instead of the paper's prompt (Fig. 6; Fig. 8 for genrm"
                    + " and pairrm)",
            meta = "FILE")
        Optional<Path> promptTemplate,
    @Opt(value = "how a verdict is read off a text", def = "rewardbench") VerdictRule verdictRule,
    @Opt(value = "most samples, or questions, at once", def = "64", range = "[1, 65536]")
        int batchSize,
    @Opt(value = "decides placement, votes and resamples", def = "42") long seed) {

  /// For [dev.gavel.train.config.With]: what judges that sample read, those that reason, and those
  /// that ask a question.
  public static final String SAMPLED = "n, temperature, top_p: method=cot or answers=sampled";

  public static final String REASONED = "max_new_tokens, verdict_rule: method=cot";

  public static final String ASKED = "prompt_template: " + JudgeMethod.COMPARING;

  /// The prompt of a kind of judge.
  public JudgePrompt prompt(JudgePrompt.Kind kind) throws IOException {
    return promptTemplate.isPresent()
        ? JudgePrompt.read(promptTemplate.get(), kind)
        : JudgePrompt.paper(kind);
  }

  public Placement placement() {
    return new Placement(order, seed);
  }

  /// Draws of each question.
  int draws(MethodOptions method) {
    return method.samples() ? n : 1;
  }
}

package dev.gavel.train.judge;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// How a judge that writes is asked about the responses of a question, and how often.
@OptGroup("Judging")
public record RatingOptions(
    @Opt(
            value =
                "rate each response alone, from 1 to 10; false: name the best of four, and rate only"
                    + " those of the subset Ties",
            def = "true")
        boolean scoreWRatings,
    @Opt(
            value = "draws of each rating, whose mean counts, or of each choice of the best",
            def = "32",
            range = "[1, 1000000]")
        int n,
    DrawOptions drawn,
    @Opt(
            value =
                "JSON {\"system\"?, \"user\"} with {chat} and {answer} that asks for a rating, instead"
                    + " of the built-in ones (results are its leaderboard's only with the prompt of its scripts)",
            meta = "FILE")
        Optional<Path> ratingTemplate,
    @Opt(
            value =
                "likewise with {chat} and {answer_a} to {answer_d}, that asks which of four is best",
            meta = "FILE",
            with = "score_w_ratings=false")
        Optional<Path> rankingTemplate,
    @Opt(value = "most samples at once", def = "64", range = "[1, 65536]") int batchSize,
    @Opt(value = "decides draws, and where the correct one of four stands", def = "42") long seed) {
  /// For [dev.gavel.train.config.With]: what only a judge that writes reads.
  static final String WRITTEN =
      "score_w_ratings, n, max_new_tokens, temperature, top_p, rating_template, ranking_template,"
          + " batch_size: method=cot";

  JudgePrompt rating(boolean ties) throws IOException {
    JudgePrompt.Kind kind = ties ? JudgePrompt.Kind.RATING_TIES : JudgePrompt.Kind.RATING;
    return read(ratingTemplate, kind);
  }

  JudgePrompt ranking() throws IOException {
    return read(rankingTemplate, JudgePrompt.Kind.RANKING);
  }

  private static JudgePrompt read(Optional<Path> file, JudgePrompt.Kind kind) throws IOException {
    return file.isPresent() ? JudgePrompt.read(file.get(), kind) : JudgePrompt.paper(kind);
  }
}

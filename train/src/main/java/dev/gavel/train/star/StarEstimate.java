package dev.gavel.train.star;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// `--dry_run true`: what the rounds will have to sample, learn and judge at most. Nothing is
/// loaded but the tokenizer, nothing is written.
final class StarEstimate {
  private StarEstimate() {}

  /// @param parts the rows of each round
  static ObjectNode of(StarConfig config, List<List<PairRow>> parts) throws IOException {
    Prompts prompts = Prompts.of(config.model(), config.judging().prompt(JudgePrompt.Kind.COT));
    int context = ModelFolder.readConfig(config.model().modelNameOrPath()).maxPositionEmbeddings();
    int room = context - config.judging().maxNewTokens();
    ObjectNode json = Json.mapper().createObjectNode();
    var rounds = json.putArray("iterations");
    for (List<PairRow> part : parts) {
      rounds.add(round(config, part, prompts, room));
    }
    long votes = 0;
    PairReader reader =
        new PairReader(config.data().datasetFormat().orElse(null), config.judging().seed());
    for (Path file : config.data().evalDataset()) {
      votes += (long) reader.readAll(List.of(file)).size() * config.judging().n();
    }
    json.put("votes_of_each_evaluation", votes);
    return json;
  }

  private static ObjectNode round(
      StarConfig config, List<PairRow> part, Prompts prompts, int room) {
    StarOptions star = config.star();
    long tokens = 0;
    int longest = 0;
    int tooLong = 0;
    for (PairRow pair : part) {
      int length = prompts.ids(pair, Order.AB).length;
      tokens += length;
      longest = Math.max(longest, length);
      tooLong += length > room ? 1 : 0;
    }
    long draws = (long) part.size() * star.samples() + (star.explains() ? part.size() : 0);
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("pairs", part.size()).put("prompt_tokens", tokens).put("longest_prompt", longest);
    json.put("prompts_too_long", tooLong).put("draws", draws);
    return json.put("sampled_tokens_at_most", draws * config.judging().maxNewTokens());
  }
}

package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.star.StarConfig;
import dev.gavel.train.star.StarRun;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// `gavel star`: pairs and a model to judges that taught themselves.
final class Star {
  static final Command<StarConfig> COMMAND =
      new Command<>(
          "star",
          Command.Group.TRAINING,
          "the STaR loop: sample chains, keep what is right, learn from it, again",
          StarConfig.class,
          List.of(
              "gavel star --model_name_or_path my-model --dataset pairs.jsonl --output_dir star",
              "gavel star --mode dpo --model_name_or_path my-model --dataset pairs.jsonl"
                  + " --eval_dataset test.jsonl,other.jsonl --output_dir star-dpo",
              "gavel star --model_name_or_path my-model --dataset pairs.jsonl"
                  + " --rationales others.jsonl --bootstrap_iterations 1 --output_dir bootstrapped"),
          Star::run);

  private Star() {}

  private static Exit run(Bound<StarConfig> bound, Console console) throws IOException {
    ObjectNode results;
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      results = new StarRun(bound, console.err(), hold::requested).run();
    }
    if (results == null) {
      console.err().println("gavel star: stopped; the same command goes on from here");
      return Exit.FAILED;
    }
    console.print(Json.write(results) + "\n");
    return Exit.DONE;
  }
}

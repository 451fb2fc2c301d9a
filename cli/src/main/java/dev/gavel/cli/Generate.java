package dev.gavel.cli;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import dev.gavel.train.data.LineOptions;
import dev.gavel.train.data.Lines;
import dev.gavel.train.data.RowException;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/// `gavel generate`: prompts to samples.
final class Generate {
  static final Command<Options> COMMAND =
      new Command<>(
          "generate",
          Command.Group.LINES,
          "prompts, conversations or ids to samples",
          Options.class,
          List.of(
              "gavel generate --model_name_or_path my-model --prompt Hello",
              "gavel generate --model_name_or_path my-model --dataset prompts.jsonl --n 4"
                  + " --temperature 0.8 --output_file samples.jsonl",
              "echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}' | gavel generate"
                  + " --model_name_or_path my-model --max_new_tokens 64"),
          Generate::run);

  record Options(
      @Opt(value = "one prompt; its text is printed as it comes, no rows are read", meta = "TEXT")
          Optional<String> prompt,
      @Opt(value = "most samples at once", def = "64", range = "[1, 65536]") int batchSize,
      @Opt(
              value = "show texts on standard error while they grow; a --prompt's always are",
              def = "false")
          boolean stream,
      SamplingOptions sampling,
      @With("dataset, output_file: !prompt") LineOptions lines,
      ModelOptions model) {}

  private Generate() {}

  private static Exit run(Bound<Options> bound, Console console) throws Exception {
    Options options = bound.options();
    try (LoadedModel model = LoadedModel.open(options.model())) {
      warn(model, console);
      RequestMaker requests = new RequestMaker(model, options.sampling());
      if (options.prompt().isPresent()) {
        return print(options, requests.of(options.prompt().get()), model, console);
      }
      GenerateRows rows =
          new GenerateRows(
              model, requests, options.batchSize(), options.stream() ? console.err() : null);
      Generator.Limits limits = CacheRoom.of(model, options.batchSize(), console.err());
      Lines lines = new Lines(options.lines(), console.in(), console.out());
      return LineCommand.end(
          "generate", lines.run((in, out) -> rows.run(in, out, limits)), console);
    } catch (RowException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static void warn(LoadedModel model, Console console) {
    List<String> ignored =
        model.generationConfig().map(GenerationConfig::notApplied).orElse(List.of());
    if (!ignored.isEmpty()) {
      console
          .err()
          .println(
              "generation_config.json asks for what gavel does not apply: "
                  + String.join(", ", ignored));
    }
  }

  /// One prompt, as text.
  private static Exit print(Options options, Request request, LoadedModel model, Console console)
      throws IOException {
    int atOnce = Math.min(options.batchSize(), request.n());
    Printer printer = new Printer(new OrderedText(console.out()));
    Generator.Limits limits = CacheRoom.of(model, atOnce, console.err());
    try (Generator generator = new Generator(model.llama(), model.tokenizer(), limits, printer)) {
      generator.submit(request);
      generator.run();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return Exit.DONE;
  }

  private record Printer(OrderedText texts) implements Listener {
    @Override
    public void text(Request request, int draw, String text) {
      texts.append(draw, text);
    }

    @Override
    public void sample(Request request, Sample sample) {
      texts.end(sample.draw());
    }

    @Override
    public void finished(Request request, List<Sample> samples) {}

    @Override
    public void failed(Request request, String reason) {
      throw new IllegalArgumentException(reason);
    }
  }
}

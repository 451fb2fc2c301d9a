package dev.gavel.train.recipe;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.train.data.SftDataset;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.data.Tokenized;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The rows of a run, tokenised, and which of them each step takes.
record SftData(List<Tokenized> rows, List<Tokenized> evalRows, TrainingPlan plan) {

  static SftData read(SftConfig config, ModelSource source, PrintStream err) throws IOException {
    SftRows tokenizer =
        new SftRows(
            config.rows(),
            source.tokenizer(),
            source.config().vocabSize(),
            source::chat,
            config.model().dateString());
    List<Tokenized> rows = new ArrayList<>();
    List<TrainingPlan.Phase> phases = new ArrayList<>();
    for (List<Path> files : config.phases()) {
      SftDataset set = read(files, config, tokenizer, err);
      int batch = config.batchSize(phases.size());
      phases.add(new TrainingPlan.Phase(rows.size(), set.rows().size(), batch));
      rows.addAll(set.rows());
    }
    List<Path> evaluation = config.data().evalDataset();
    List<Tokenized> evalRows =
        evaluation.isEmpty() ? List.of() : read(evaluation, config, tokenizer, err).rows();
    warn(config, source, tokenizer, rows, err);
    TrainOptions train = config.train();
    TrainingPlan plan =
        new TrainingPlan(
            phases,
            train.gradientAccumulationSteps(),
            train.numTrainEpochs(),
            train.maxSteps(),
            train.shuffled(),
            config.model().seed());
    return new SftData(List.copyOf(rows), evalRows, plan);
  }

  private static SftDataset read(
      List<Path> files, SftConfig config, SftRows tokenizer, PrintStream err) throws IOException {
    int maxLength = config.data().maxLength();
    SftDataset set = SftDataset.read(files, tokenizer, maxLength, config.data().truncationMode());
    err.println(set.describe(maxLength));
    return set;
  }

  private static void warn(
      SftConfig config,
      ModelSource source,
      SftRows tokenizer,
      List<Tokenized> rows,
      PrintStream err) {
    if (tokenizer.mixed()) {
      err.println(
          "note: plain texts and conversations stand in one data set; its first row decides whether"
              + " texts get an end token");
    }
    int longest = rows.stream().mapToInt(Tokenized::length).max().orElse(0);
    int context = source.config().maxPositionEmbeddings();
    if (longest > context) {
      err.printf(
          "note: the longest row has %d tokens, the model's context (max_position_embeddings) %d%n",
          longest, context);
    }
    if (!config.data().evalDataset().isEmpty()
        && config.train().evalStrategy() == TrainOptions.When.NO) {
      err.println("note: --eval_dataset is not used: --eval_strategy is no");
    }
  }

  /// The micro-batches of a step.
  List<TokenBatch> batches(TrainingPlan.Step step) {
    List<TokenBatch> batches = new ArrayList<>();
    for (int[] numbers : step.microBatches()) {
      List<Tokenized> batch = new ArrayList<>();
      for (int number : numbers) {
        batch.add(rows.get(number));
      }
      batches.add(TokenBatch.of(batch));
    }
    return batches;
  }

  /// The batches of an evaluation.
  List<TokenBatch> evalBatches(int size) {
    List<TokenBatch> batches = new ArrayList<>();
    for (int i = 0; i < evalRows.size(); i += size) {
      batches.add(TokenBatch.of(evalRows.subList(i, Math.min(i + size, evalRows.size()))));
    }
    return batches;
  }

  /// Tokens and labels of the largest micro-batch that any order can make.
  long[] largestBatch() {
    long tokens = 0;
    long labels = 0;
    for (TrainingPlan.Phase phase : plan.phases()) {
      List<Tokenized> part = rows.subList(phase.first(), phase.first() + phase.rows());
      tokens = Math.max(tokens, largest(part, phase.batch(), Tokenized::length));
      labels = Math.max(labels, largest(part, phase.batch(), Tokenized::scored));
    }
    return new long[] {tokens, labels};
  }

  private static long largest(
      List<Tokenized> rows, int batch, java.util.function.ToIntFunction<Tokenized> size) {
    return rows.stream()
        .map(size::applyAsInt)
        .sorted(Comparator.reverseOrder())
        .limit(batch)
        .mapToLong(Integer::longValue)
        .sum();
  }

  /// Tokens of the largest batch of an evaluation.
  long largestEvalBatch(int size) {
    return evalBatches(size).stream().mapToLong(TokenBatch::tokens).max().orElse(0);
  }

  /// The memory that a run on these rows takes.
  MemoryNeed memory(SftConfig config, LlamaConfig model) {
    long[] largest = largestBatch();
    return MemoryNeed.of(
        model,
        config.model().dtype().arithmetic().bytes(),
        new MemoryNeed.Work(
            largest[0], largest[1], largestEvalBatch(config.train().perDeviceEvalBatchSize())),
        config.train().gradientCheckpointing());
  }

  /// Tokens that the whole run feeds in.
  long plannedTokens() {
    long sum = 0;
    for (int i = 0; i < plan.steps(); i++) {
      for (int[] batch : plan.step(i).microBatches()) {
        for (int row : batch) {
          sum += rows.get(row).length();
        }
      }
    }
    return sum;
  }
}

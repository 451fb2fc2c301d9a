package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge --merge`: the shards of a data set as the one folder that a call without shards
/// makes, byte by byte but for the report; with another verdict rule the votes are read again,
/// without a model.
public final class JudgeMerge {
  private static final String SHARDS = "num_shards";
  private static final String INDEX = "shard_index";
  private static final String RULE = "verdict_rule";

  /// What is joined.
  @OptGroup("Shards")
  public record Options(
      @Opt(value = "folders of all shards, or one judged folder", meta = "DIR") List<Path> merge,
      @Opt(value = "folder for what they are together", meta = "DIR") Path outputDir,
      @Opt("reads the texts again under this rule; when absent verdicts stay as they are")
          Optional<VerdictRule> verdictRule) {
    public Options {
      if (merge.isEmpty()) {
        throw new IllegalArgumentException("--merge needs folders: DIR…");
      }
    }
  }

  private final Options options;

  public JudgeMerge(Options options) {
    this.options = options;
  }

  /// @return the content of results.json
  /// @throws FormatException where shards are missing, not complete, or not of one call
  public ObjectNode run() throws IOException {
    List<JudgedFolder> folders = new ArrayList<>();
    for (Path dir : options.merge()) {
      folders.add(JudgedFolder.open(dir));
    }
    List<JudgedFolder> shards = inOrder(folders);
    ObjectNode settings = shards.getFirst().settings().deepCopy();
    settings.put(SHARDS, 1).put(INDEX, 0);
    if (options.verdictRule().isPresent()) {
      requireTexts(shards.getFirst());
      settings.put(RULE, options.verdictRule().get().name().toLowerCase(Locale.ROOT));
    }
    try (FolderLock _ = FolderLock.take(options.outputDir())) {
      boolean fresh = JudgeSettings.claim(options.outputDir(), settings);
      try {
        CountedVotes votes = CountedVotes.of(interleaved(shards));
        WholeLines.write(
            options.outputDir().resolve(VotesFile.NAME), out -> copy(shards, settings, votes, out));
        return JudgedFolder.finish(options.outputDir(), settings, votes, Benchmark.NONE);
      } catch (IOException | RuntimeException e) {
        if (fresh) {
          Files.deleteIfExists(options.outputDir().resolve(VotesFile.NAME));
          Files.deleteIfExists(options.outputDir().resolve(FolderSettings.NAME));
        }
        throw e;
      }
    }
  }

  private static void requireTexts(JudgedFolder folder) throws FormatException {
    JsonNode method = folder.settings().path("method");
    if (!method.asString("").equals(JudgeMethod.COT.toString())) {
      throw new FormatException(
          "%s: was judged by --method %s, whose verdicts are not read off texts: leave --verdict_rule away"
              .formatted(folder.dir(), method.asString("?")));
    }
  }

  // ---------------------------------------------------------------- which shards

  /// The shards by their index.
  private static List<JudgedFolder> inOrder(List<JudgedFolder> folders) throws FormatException {
    JudgedFolder first = folders.getFirst();
    for (JudgedFolder other : folders.subList(1, folders.size())) {
      requireSameCall(first, other);
    }
    int n = first.settings().get(SHARDS).intValue();
    @Nullable JudgedFolder[] shards = new JudgedFolder[n];
    for (JudgedFolder folder : folders) {
      int index = folder.settings().get(INDEX).intValue();
      JudgedFolder before = shards[index];
      if (before != null) {
        throw new FormatException(
            "%s and %s are both shard %d of %d".formatted(before.dir(), folder.dir(), index, n));
      }
      shards[index] = folder;
    }
    List<String> missing =
        IntStream.range(0, n).filter(i -> shards[i] == null).mapToObj(Integer::toString).toList();
    if (!missing.isEmpty()) {
      throw new FormatException(
          "%s of %d missing (--shard_index %s): judge first, then merge all"
              .formatted(
                  missing.size() == 1 ? "1 shard" : missing.size() + " shards",
                  n,
                  String.join(", ", missing)));
    }
    List<JudgedFolder> all = new ArrayList<>();
    for (JudgedFolder shard : shards) {
      if (shard != null) {
        all.add(shard);
      }
    }
    return all;
  }

  private static void requireSameCall(JudgedFolder first, JudgedFolder other)
      throws FormatException {
    List<String> keys = new ArrayList<>(first.settings().propertyNames());
    other.settings().propertyNames().stream().filter(k -> !keys.contains(k)).forEach(keys::add);
    for (String key : keys) {
      JsonNode a = first.settings().path(key);
      JsonNode b = other.settings().path(key);
      if (!key.equals(INDEX) && !a.equals(b)) {
        throw new FormatException(
            "%s was judged with %s = %s, %s with %s; the shards of one data set differ in shard_index alone"
                .formatted(first.dir(), key, written(a), other.dir(), written(b)));
      }
    }
  }

  private static String written(JsonNode value) {
    return value.isMissingNode() ? "nothing" : Json.write(value);
  }

  // ---------------------------------------------------------------- what is in them

  /// Row i of the data set is row i / n of shard i mod n.
  private static List<PairRow> interleaved(List<JudgedFolder> shards) throws FormatException {
    int n = shards.size();
    int total = shards.stream().mapToInt(s -> s.pairs().size()).sum();
    for (int i = 0; i < n; i++) {
      int expected = (total - i + n - 1) / n;
      if (shards.get(i).pairs().size() != expected) {
        throw new FormatException(
            "%s holds %d pairs; shard %d of %d pairs in %d shards has %d"
                .formatted(
                    shards.get(i).dir(), shards.get(i).pairs().size(), i, total, n, expected));
      }
    }
    List<PairRow> rows = new ArrayList<>(total);
    for (int i = 0; i < total; i++) {
      rows.add(shards.get(i % n).pairs().get(i / n));
    }
    return rows;
  }

  private void copy(
      List<JudgedFolder> shards, ObjectNode settings, CountedVotes votes, WholeLines out)
      throws IOException {
    VoteOrder order = JudgedFolder.order(settings, votes.rows());
    List<VoteLines> files = new ArrayList<>();
    try {
      for (JudgedFolder shard : shards) {
        files.add(VoteLines.open(shard.dir()));
      }
      long place = 0;
      for (int i = 0; i < votes.rows().size(); i++) {
        PairRow row = votes.rows().get(i);
        for (; place < order.size() && order.rowAt(place) == row; place++) {
          VoteLines.Line line = files.get(i % files.size()).next(order, place);
          Vote vote =
              options.verdictRule().map(r -> line.vote().reread(row, r)).orElse(line.vote());
          votes.add(vote);
          out.add(options.verdictRule().isPresent() ? vote.toLine() : line.text());
        }
      }
      for (VoteLines file : files) {
        file.requireEnd();
      }
    } finally {
      for (VoteLines file : files) {
        file.close();
      }
    }
  }
}

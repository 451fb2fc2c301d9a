package dev.gavel.train.inspect;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.CompletionTokens;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/// `gavel data split`: cuts rows into parts, so that rows of one tree, or of one prompt, are in one
/// part ([RowKey]). The part depends on the seed and what they have in common alone, not on the
/// rows around them: a longer file puts the old rows where they were.
public final class DataSplit {
  private final SplitOptions options;
  private final List<Part> parts = new ArrayList<>();
  private final RowPrompt prompts;
  private final Map<RowKey.By, Integer> by = new EnumMap<>(RowKey.By.class);
  private int rows;

  /// A part while it is filled.
  private static final class Part {
    final String name;
    final double share;
    final Path file;
    final Set<UUID> groups = new HashSet<>();
    int rows;

    Part(String name, double share, Path folder) {
      this.name = name;
      this.share = share;
      this.file = folder.resolve(name + ".jsonl");
    }
  }

  private DataSplit(SplitOptions options) {
    this.options = options;
    options.shares().forEach((name, s) -> parts.add(new Part(name, s, options.outputDir())));
    PreferenceRows.Options pairs =
        new PreferenceRows.Options(
            options.promptColumn(),
            PreferenceRows.Options.DEFAULT.chosenColumn(),
            PreferenceRows.Options.DEFAULT.rejectedColumn(),
            options.datasetFormat(),
            options.seed(),
            Optional.empty(),
            CompletionTokens.ALL);
    PreferenceRows reader =
        new PreferenceRows(
            PreferenceRows.Use.DPO,
            pairs,
            Optional.empty(),
            Integer.MAX_VALUE,
            () -> {
              throw new IllegalStateException("nothing is tokenised here");
            },
            "");
    prompts = new RowPrompt(reader, options.promptColumn());
  }

  /// Writes the parts, all or none.
  ///
  /// @return counts, and the share that each part really got
  /// @throws FormatException naming a row that cannot be read, or a part that gets none
  public static ObjectNode of(SplitOptions options) throws IOException {
    return new DataSplit(options).run();
  }

  private ObjectNode run() throws IOException {
    List<AtomicFiles.Staged> staged = new ArrayList<>();
    try {
      stage(staged, new ArrayList<>());
      for (AtomicFiles.Staged file : staged) {
        file.commit();
      }
    } finally {
      for (AtomicFiles.Staged file : staged) {
        file.close();
      }
    }
    return result();
  }

  /// Opens one file inside the other, then fills all.
  private void stage(List<AtomicFiles.Staged> staged, List<FileChannel> open) throws IOException {
    if (open.size() == parts.size()) {
      fill(open);
      return;
    }
    staged.add(
        AtomicFiles.stage(
            parts.get(open.size()).file,
            channel -> {
              open.add(channel);
              stage(staged, open);
            }));
  }

  private void fill(List<FileChannel> channels) throws IOException {
    List<OutputStream> out = new ArrayList<>();
    channels.forEach(c -> out.add(new BufferedOutputStream(Channels.newOutputStream(c), 1 << 16)));
    try (RowReader in = RowReader.open(options.files(), InputStream.nullInputStream(), () -> {})) {
      for (Item item; (item = in.next()) != null; ) {
        switch (item) {
          case Row row -> {
            OutputStream to = out.get(place(row));
            to.write(in.line());
            to.write('\n');
          }
          case BadRow bad ->
              throw new FormatException(bad.place() + ": " + bad.error() + "; nothing is written");
        }
      }
    }
    for (OutputStream to : out) {
      to.flush();
    }
    requireRows();
  }

  /// Counts a row.
  ///
  /// @return the number of its part
  private int place(Row row) throws FormatException {
    RowKey key;
    try {
      key = RowKey.of(row, prompts);
    } catch (RowException e) {
      throw new FormatException(row.place() + ": " + e.getMessage(), e);
    }
    String text = key.by().key() + " " + key.text();
    int place = place(Rng.uniform(options.seed(), Rng.stream("part of " + text), 0));
    Part part = parts.get(place);
    part.groups.add(Repeats.digest(text));
    part.rows++;
    rows++;
    by.merge(key.by(), 1, Integer::sum);
    return place;
  }

  private int place(double uniform) {
    double end = 0;
    for (int i = 0; i < parts.size() - 1; i++) {
      end += parts.get(i).share;
      if (uniform < end) {
        return i;
      }
    }
    return parts.size() - 1;
  }

  private void requireRows() throws FormatException {
    for (Part part : parts) {
      if (part.rows == 0) {
        int groups = parts.stream().mapToInt(p -> p.groups.size()).sum();
        throw new FormatException(
            "%s: part %s gets none of %d rows in %d groups of one tree or prompt; nothing is written: larger share, more rows or another --seed"
                .formatted(options.files(), part.name, rows, groups));
      }
    }
  }

  private ObjectNode result() {
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("rows", rows);
    json.put("groups", parts.stream().mapToInt(p -> p.groups.size()).sum());
    ObjectNode together = json.putObject("together_by");
    for (RowKey.By one : RowKey.By.values()) {
      together.put(one.key(), by.getOrDefault(one, 0));
    }
    ObjectNode all = json.putObject("parts");
    for (Part part : parts) {
      ObjectNode node = all.putObject(part.name).put("file", part.file.toString());
      node.put("rows", part.rows).put("groups", part.groups.size());
      node.put("share", (double) part.rows / rows).put("asked", part.share);
    }
    return json;
  }
}

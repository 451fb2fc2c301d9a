package dev.gavel.train.demo;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.demo.LabelledPair.Form;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/// The world as files, in the forms that the commands read.
final class WorldFiles {
  private static final int BUFFER = 1 << 16;

  private final World world;
  private final DemoPlan plan;
  private final DemoFolder folder;
  private final Set<Source> sources;

  /// @param sources that are to be taught
  WorldFiles(World world, DemoPlan plan, DemoFolder folder, Set<Source> sources) {
    this.world = world;
    this.plan = plan;
    this.folder = folder;
    this.sources = sources;
  }

  /// Writes what is not there yet. A file is whole or not there, so an interrupted demo goes on.
  void write() throws IOException {
    ModelFiles.write(folder.world());
    for (ModelFiles.Prompt prompt : ModelFiles.Prompt.values()) {
      ModelFiles.write(prompt, folder.prompt(prompt));
    }
    for (Form form : Form.values()) {
      pairs(form);
    }
    rows(folder.marks(), () -> world.probes(plan.probes() / 4), Document::marksToJson);
    for (int i = 0; i < plan.phases(); i++) {
      int phase = i;
      rows(
          folder.corpus(phase),
          () -> world.corpus(phase, plan.documents().get(phase)),
          Document::toJson);
    }
    for (Source source : sources) {
      rows(
          folder.lessons(source),
          () -> world.lessons(source, source.lessons() * plan.lesson()),
          Document::toJson);
    }
  }

  private void pairs(Form form) throws IOException {
    for (int i = 0; i < World.SPLITS; i++) {
      int split = i;
      rows(
          folder.preferences(split, form),
          () -> world.preferences(split, plan.perSplit()),
          pair -> pair.toJson(form));
    }
    rows(folder.inDomain(form), () -> world.inDomain(plan.inDomain()), pair -> pair.toJson(form));
    for (Section section : Section.values()) {
      rows(
          folder.outOfDomain(section, form),
          () -> world.outOfDomain(section, plan.perSection()),
          pair -> pair.toJson(form));
    }
  }

  private static <T> void rows(Path file, Supplier<List<T>> rows, Function<T, ObjectNode> json)
      throws IOException {
    if (Files.exists(file)) {
      return;
    }
    List<T> all = rows.get();
    AtomicFiles.write(
        file,
        channel -> {
          StringBuilder text = new StringBuilder();
          for (T row : all) {
            text.append(Json.write(json.apply(row))).append('\n');
            if (text.length() > BUFFER) {
              flush(text, channel);
            }
          }
          flush(text, channel);
        });
  }

  private static void flush(StringBuilder text, FileChannel channel) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    text.setLength(0);
  }
}

package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Whether a folder's tensors are those its config asks for.
final class WeightCheck {
  private final ModelFolder folder;
  private final Map<String, Shape> expected;

  /// The head is an adapter's: the folder need not have it, and may have that of another task.
  private final boolean otherHead;

  WeightCheck(ModelFolder folder) {
    this.folder = folder;
    this.expected = expected(folder.config());
    this.otherHead = folder.hasHeadOfAdapter();
  }

  private static Map<String, Shape> expected(LlamaConfig config) {
    Map<String, Shape> expected = new HashMap<>();
    for (WeightNames.Weight w : WeightNames.of(config)) {
      expected.put(w.name(), w.shape());
    }
    return expected;
  }

  void run(OptionalLong totalSize) throws IOException {
    missing();
    List<String> unexpected = new ArrayList<>();
    for (SafetensorsFile file : folder.baseFiles()) {
      for (TensorInfo t : file.tensors()) {
        Shape shape = expected.get(t.name());
        if (shape != null) {
          shape(file, t, shape);
        } else if (!(isTiedHead(t.name())
            || (otherHead && t.name().equals(WeightNames.LM_HEAD))
            || WeightNames.harmless(t.name()))) {
          unexpected.add(t.name());
        }
      }
    }
    if (!unexpected.isEmpty()) {
      throw new FormatException(
          "%s: holds tensors that %s does not have: %s"
              .formatted(
                  folder.basePath(),
                  folder.config().architecture().hubName(),
                  Names.list(unexpected)));
    }
    if (totalSize.isPresent()) {
      size(totalSize.getAsLong());
    }
    if (folder.config().tieWordEmbeddings() && folder.has(WeightNames.LM_HEAD) && !otherHead) {
      tiedHead();
    }
  }

  private void missing() throws FormatException {
    List<String> missing =
        WeightNames.of(folder.config()).stream()
            .map(WeightNames.Weight::name)
            .filter(n -> !folder.has(n) && !(otherHead && n.equals(WeightNames.SCORE)))
            .toList();
    if (!missing.isEmpty()) {
      throw new FormatException(
          "%s: holds no %s, which config.json (%s) asks for"
              .formatted(
                  folder.basePath(),
                  Names.list(missing),
                  folder.config().architecture().hubName()));
    }
  }

  private boolean isTiedHead(String name) {
    return name.equals(WeightNames.LM_HEAD)
        && folder.config().tieWordEmbeddings()
        && folder.config().architecture() == Architecture.CAUSAL_LM;
  }

  private void shape(SafetensorsFile file, TensorInfo t, Shape shape) throws FormatException {
    if (!t.shapeText().equals(shape.toString())) {
      throw new FormatException(
          "%s: tensor '%s' is %s, config.json asks for %s"
              .formatted(file.path(), t.name(), t.shapeText(), shape));
    }
    if (!t.dtype().isWeight()) {
      throw new FormatException(
          "%s: tensor '%s' is of type %s; this build reads weights in F64, F32, BF16, F16"
              .formatted(file.path(), t.name(), t.dtype()));
    }
  }

  /// The index's size may count a tied head that is not stored, or buffers that are no weights; a
  /// file cut short or of another model differs by more.
  private void size(long totalSize) throws FormatException {
    long bytes = folder.baseFiles().stream().mapToLong(SafetensorsFile::dataBytes).sum();
    long tied =
        folder.config().tieWordEmbeddings()
            ? folder.tensor(WeightNames.EMBEDDING).info().bytes()
            : 0;
    long slack = tied + bytes / 100;
    if (totalSize < bytes - slack || totalSize > bytes + slack) {
      throw new FormatException(
          "%s: the index says total_size %d but the files hold %d bytes of tensors"
              .formatted(folder.basePath(), totalSize, bytes));
    }
  }

  private void tiedHead() throws IOException {
    ModelFolder.StoredTensor embedding = folder.tensor(WeightNames.EMBEDDING);
    ModelFolder.StoredTensor head = folder.tensor(WeightNames.LM_HEAD);
    boolean same =
        embedding.dtype() == head.dtype()
            && embedding.info().shapeText().equals(head.info().shapeText());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate(1 << 20);
      MemorySegment b = arena.allocate(1 << 20);
      long bytes = embedding.info().bytes();
      for (long at = 0; same && at < bytes; at += a.byteSize()) {
        long n = Math.min(a.byteSize(), bytes - at);
        embedding.read(at, a.asSlice(0, n));
        head.read(at, b.asSlice(0, n));
        same = a.asSlice(0, n).mismatch(b.asSlice(0, n)) < 0;
      }
    }
    if (!same) {
      throw new FormatException(
          "%s: config.json ties the embeddings (tie_word_embeddings) but '%s' differs from '%s'"
              .formatted(head.file().path(), WeightNames.LM_HEAD, WeightNames.EMBEDDING));
    }
  }

  /// What is saved must be what the config says.
  static void requireShapes(LlamaConfig config, Map<String, TensorSource> tensors) {
    Map<String, Shape> expected = expected(config);
    List<String> missing =
        expected.keySet().stream().filter(n -> !tensors.containsKey(n)).sorted().toList();
    List<String> unexpected =
        tensors.keySet().stream().filter(n -> !expected.containsKey(n)).toList();
    if (!missing.isEmpty() || !unexpected.isEmpty()) {
      throw new IllegalArgumentException(
          "tensors to save do not fit the config: missing [%s], unexpected [%s]"
              .formatted(Names.list(missing), Names.list(unexpected)));
    }
    tensors.forEach((name, t) -> {
      if (!t.shape().equals(expected.get(name))) {
        throw new IllegalArgumentException(
            "tensor '%s' to save is %s, the config asks for %s"
                .formatted(name, t.shape(), expected.get(name)));
      }
    });
  }
}

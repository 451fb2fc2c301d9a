package dev.gavel.llama;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.Halves;
import dev.gavel.tensor.io.MappedTensor;
import dev.gavel.tensor.io.SafetensorsDType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Weights of a Hugging Face folder: read in pieces through a small buffer, so that neither mapped
/// pages nor a second copy of the model ever fill the memory, or lent as they lie in the file. f16
/// is widened to f32 on the way. NaN and infinity are refused by tensor and element.
public final class FolderWeights implements WeightSource {
  private static final long PIECE = 4 << 20;

  private final ModelFolder folder;

  public FolderWeights(ModelFolder folder) {
    this.folder = folder;
  }

  /// @throws IllegalArgumentException if the folder's weights are only a part of what it computes
  void requireNoAdapter() {
    if (folder.adapter().isPresent()) {
      throw new IllegalArgumentException(
          folder.path()
              + ": is an adapter folder, and its weights are to be loaded without the adapter; merge it first (gavel merge)");
    }
  }

  @Override
  public boolean has(String name) {
    return folder.has(name);
  }

  @Override
  public DType type(String name) {
    SafetensorsDType stored = folder.tensor(name).dtype();
    return switch (stored) {
      case F64 -> DType.F64;
      case F32, F16 -> DType.F32;
      case BF16 -> DType.BF16;
      default ->
          throw new IllegalArgumentException(
              "%s: tensor '%s' is %s; weights are F64, F32, F16 or BF16"
                  .formatted(folder.path(), name, stored));
    };
  }

  @Override
  public void read(String name, long rows, long columns, Rows to) throws IOException {
    ModelFolder.StoredTensor tensor = folder.tensor(name);
    boolean widen = tensor.dtype() == SafetensorsDType.F16;
    long row = columns * tensor.dtype().bytes();
    long step = Math.clamp(PIECE / row, 1, rows);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(step * row, 64);
      MemorySegment wide = widen ? arena.allocate(step * columns * Float.BYTES, 64) : buffer;
      for (long at = 0; at < rows; at += step) {
        long count = Math.min(step, rows - at);
        MemorySegment piece = buffer.asSlice(0, count * row);
        tensor.read(at * row, piece);
        folder.requireFinite(name, at * row, piece);
        if (widen) {
          Halves.f16ToF32(piece, wide.asSlice(0, count * columns * Float.BYTES));
        }
        to.accept(widen ? wide : piece, at, count);
      }
    }
  }

  @Override
  public Optional<MappedTensor> lend(String name) throws IOException {
    ModelFolder.StoredTensor tensor = folder.tensor(name);
    if (tensor.dtype() == SafetensorsDType.F16) {
      return Optional.empty();
    }
    MappedTensor rows = tensor.map();
    folder.requireFinite(name, 0, rows.bytes());
    return Optional.of(rows);
  }
}

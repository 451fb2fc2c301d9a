package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AttentionShape;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.stream.IntStream;

/// What benches of attention share: sizes and memory.
///
/// @param version its name in the launcher's enum
record AttentionCase(DeviceData data, AttentionShape shape, String version) {
  /// @param name as `head 128 WGMMA`
  static AttentionCase of(String name, DeviceData data) {
    String[] words = name.split(" ", 3);
    int heads = data.size(32, 2);
    return new AttentionCase(
        data, new AttentionShape(heads, data.size(8, 1), Integer.parseInt(words[1])), words[2]);
  }

  /// @param slow a version that is not meant for long sequences
  Ragged batch(boolean slow) {
    int length = slow ? data.size(512, 20) : data.size(4_096, 150);
    return Ragged.ofLengths(IntStream.generate(() -> length).limit(data.size(8, 2)).toArray());
  }

  /// [T, H, D] bf16.
  long queries(Ragged batch) {
    return data.noise(DType.BF16, (long) batch.tokens() * shape.heads() * shape.headSize());
  }

  /// [T, KV, D] bf16.
  long keys(Ragged batch) {
    return data.noise(DType.BF16, (long) batch.tokens() * shape.kvHeads() * shape.headSize());
  }

  /// [T, H] f32.
  long perHead(Ragged batch) {
    return data.zeros(4L * batch.tokens() * shape.heads());
  }
}

package dev.gavel.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Safetensors files by hand.
final class SafetensorsBytes {
  private SafetensorsBytes() {}

  /// A file of that header, with its true length, and so many bytes of data.
  static byte[] of(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    for (int i = 0; i < dataBytes; i++) {
      file.put((byte) (i + 1));
    }
    return file.array();
  }

  static Path write(Path dir, byte[] bytes) throws IOException {
    return Files.write(dir.resolve("x.safetensors"), bytes);
  }
}

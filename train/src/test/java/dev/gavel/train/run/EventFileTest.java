package dev.gavel.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Bytes worked out by hand from the protocol buffers' and TFRecord's descriptions, checksums with
/// Python's `crc32c`.
class EventFileTest {
  @TempDir Path dir;

  @Test
  void literalBytes() throws IOException {
    try (EventFile file = new EventFile(dir, 300, 1.5)) {
      file.scalars(2.0, 300, Map.of("train/loss", 0.25));
    }
    List<Path> files;
    try (var all = Files.list(dir)) {
      files = all.toList();
    }
    assertThat(files).hasSize(1);
    assertThat(files.getFirst().getFileName().toString())
        .startsWith("events.out.tfevents.0000000001.gavel.");
    String version = "09 000000000000f83f 10 00 1a 0d 627261696e2e4576656e743a32";
    String start = "09 000000000000f83f 10 ac02 3a 02 08 01";
    String loss = "09 0000000000000040 10 ac02 2a 13 0a 11 0a 0a 747261696e2f6c6f7373 15 0000803e";
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(files.getFirst())))
        .isEqualTo(
            frame("1a", "129bd82d", version, "d3dc531e")
                + frame("10", "95fbfe18", start, "713b788a")
                + frame("21", "017becf6", loss, "e89dc1a5"));
  }

  private static String frame(String length, String lengthCrc, String data, String crc) {
    return length + "00000000000000" + lengthCrc + data.replace(" ", "") + crc;
  }
}

package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// The files of a tokenizer, on their way from one model folder to the next.
public final class TokenizerFiles {
  private static final String MAIN = "tokenizer.json";
  private static final List<String> NAMES =
      List.of(
          MAIN,
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "chat_template.jinja",
          "chat_template.json",
          "tokenizer.model",
          "vocab.json",
          "merges.txt");

  private TokenizerFiles() {}

  /// Whether a folder has a tokenizer.
  public static boolean isIn(Path dir) {
    return Files.exists(dir.resolve(MAIN)) || Files.exists(dir.resolve(MAIN + ".gz"));
  }

  /// Copies those that are there; a `tokenizer.json.gz` is unpacked, since other tools read the
  /// plain file only.
  ///
  /// @throws FormatException if `from` has no tokenizer
  public static void copy(Path from, Path to) throws IOException {
    ModelFolder.requireFolder(from);
    Path packed = from.resolve(MAIN + ".gz");
    if (!isIn(from)) {
      throw new FormatException(from + ": holds no " + MAIN + ", so no tokenizer can be copied");
    }
    if (Files.exists(to) && Files.isSameFile(from, to)) {
      return;
    }
    for (String name : NAMES) {
      if (Files.exists(from.resolve(name))) {
        try (InputStream in = Files.newInputStream(from.resolve(name))) {
          write(to.resolve(name), in);
        }
      }
    }
    if (!Files.exists(from.resolve(MAIN))) {
      try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
        write(to.resolve(MAIN), in);
      }
    }
  }

  private static void write(Path file, InputStream in) throws IOException {
    byte[] buffer = new byte[1 << 16];
    AtomicFiles.write(
        file,
        channel -> {
          for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) {
              channel.write(bytes);
            }
          }
        });
  }
}

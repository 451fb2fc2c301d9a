package dev.gavel.bench.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the tokenizer is fed, and its vocabulary.
final class SampleTexts {
  private static final int LENGTH = 1 << 20;

  /// The tree that this JVM was started in or from; benches read files of it.
  private static final Path HOME = home();

  private SampleTexts() {}

  private static Path home() {
    String named = System.getProperty("gavel.home", "");
    return Path.of(named.isEmpty() ? "." : named).toAbsolutePath().normalize();
  }

  /// A folder with `tokenizer.json` or `tokenizer.json.gz`: the Llama-3 vocabulary where the test
  /// inputs lie beside the tree, else the tiny one of the tests.
  static Path vocabulary(String named) throws IOException {
    if (!named.equals("auto")) {
      return Path.of(named);
    }
    for (String folder :
        List.of("../shared/golden/llama3", "tensor/src/test/golden/tokenizer_tiny")) {
      if (Files.isDirectory(HOME.resolve(folder))) {
        return HOME.resolve(folder).normalize();
      }
    }
    throw new IOException(
        "%s: holds no vocabulary for the bench; give one: -p vocabulary=DIR".formatted(HOME));
  }

  /// About a million characters.
  static String text(String kind) throws IOException {
    return switch (kind) {
      case "english" -> english();
      case "spaces" -> " ".repeat(LENGTH);
      case "digits" -> "7".repeat(LENGTH);
      case "word" -> "pneumonoultramicroscopic".repeat(LENGTH / 24);
      case "emoji" -> "\uD83D\uDC69\u200D\uD83D\uDE80".repeat(LENGTH / 5);
      default ->
          throw new IllegalArgumentException(
              "no text '%s'; here are english, spaces, digits, word, emoji".formatted(kind));
    };
  }

  /// School problems where the test inputs lie beside the tree, else the licence over and over.
  private static String english() throws IOException {
    Path problems = HOME.resolve("../shared/data/gsm8k/train.jsonl");
    if (Files.exists(problems)) {
      return Files.readString(problems).substring(0, LENGTH);
    }
    String licence = Files.readString(HOME.resolve("LICENSE"));
    return licence.repeat(LENGTH / licence.length());
  }
}

package dev.gavel.train.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// SHA-256 of what a run is made of.
public final class Fingerprint {
  private static final int SAMPLES = 64;
  private static final int SAMPLE_BYTES = 4096;

  private final MessageDigest digest;

  public Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  /// Adds numbers and how many they are.
  public Fingerprint add(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length + 4).putInt(values.length);
    for (int value : values) {
      bytes.putInt(value);
    }
    digest.update(bytes.flip());
    return this;
  }

  /// Adds a model's config and weights: names, lengths, and 64 pieces of 4 KiB of each file, since
  /// reading tens of gigabytes would take longer than it is worth.
  public Fingerprint addModel(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(folder, "{config.json,model*.safetensors}")) {
      found.forEach(files::add);
    }
    files.sort(null);
    for (Path file : files) {
      addSamples(file);
    }
    return this;
  }

  private void addSamples(Path file) throws IOException {
    digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      digest.update(ByteBuffer.allocate(8).putLong(size).flip());
      ByteBuffer piece = ByteBuffer.allocate(SAMPLE_BYTES);
      long last = -1;
      for (int i = 0; i < SAMPLES; i++) {
        long at = Math.max(0, size - SAMPLE_BYTES) / (SAMPLES - 1) * i;
        if (at != last) {
          piece.clear();
          channel.read(piece, at);
          digest.update(piece.flip());
        }
        last = at;
      }
    }
  }

  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}

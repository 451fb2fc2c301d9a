package dev.gavel.train.model;

import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.io.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Short hashes that tell whether two runs saw the same files.
public final class Fingerprint {
  private static final int SAMPLES = 64;
  private static final int SAMPLE_BYTES = 4096;

  private Fingerprint() {}

  /// Of a model folder: configs and tokenizer whole; of the weights (which may have many gigabytes)
  /// names, sizes, and samples spread over each file. Of an adapter's folder with its base.
  public static String ofModel(Path folder) throws IOException {
    return ofModel(folder, Optional.empty());
  }

  /// Likewise.
  ///
  /// @param base of an adapter, instead of the one that it names
  public static String ofModel(Path folder, Optional<Path> base) throws IOException {
    MessageDigest digest = sha256();
    addFolder(folder, digest);
    Optional<Path> under = ModelFolder.baseOf(folder, base);
    if (under.isPresent()) {
      addFolder(under.get(), digest);
    }
    return hex(digest);
  }

  private static void addFolder(Path folder, MessageDigest digest) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(Files::isRegularFile).filter(Fingerprint::counts).sorted().toList();
    }
    for (Path file : files) {
      digest.update((file.getFileName() + " " + Files.size(file)).getBytes(StandardCharsets.UTF_8));
      if (file.toString().endsWith(".safetensors")) {
        addSamples(file, digest);
      } else {
        digest.update(Files.readAllBytes(file));
      }
    }
  }

  private static boolean counts(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".safetensors")
        || name.equals(ModelFolder.CONFIG)
        || name.equals(AdapterConfig.FILE)
        || name.startsWith("tokenizer")
        || name.startsWith("chat_template");
  }

  private static void addSamples(Path file, MessageDigest digest) throws IOException {
    try (SafetensorsFile whole = SafetensorsFile.open(file);
        RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      byte[] bytes = new byte[SAMPLE_BYTES];
      long data = whole.dataBytes();
      for (int i = 0; i < SAMPLES; i++) {
        long at =
            whole.dataStart() + Math.max(0, data - SAMPLE_BYTES) / Math.max(1, SAMPLES - 1) * i;
        in.seek(at);
        int n = Math.max(0, in.read(bytes));
        digest.update(bytes, 0, n);
      }
    }
  }

  /// Of the bytes of some files, in their order.
  public static String ofFiles(List<Path> files) throws IOException {
    MessageDigest digest = sha256();
    for (Path file : files) {
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
    }
    return hex(digest);
  }

  /// Takes in texts and token ids one after the other.
  public static final class Builder {
    private final MessageDigest digest = sha256();

    public Builder add(String text) {
      return add(text.getBytes(StandardCharsets.UTF_8));
    }

    public Builder add(int[] ids) {
      ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * ids.length);
      bytes.asIntBuffer().put(ids);
      return add(bytes.array());
    }

    private Builder add(byte[] bytes) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
      digest.update(bytes);
      return this;
    }

    public String build() {
      return hex(digest);
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }
}

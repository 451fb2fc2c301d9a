package dev.gavel.llama.hub;

import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.TensorInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a safetensors file or a model folder holds, as one JSON object: `{"path", "valid", "error",
/// "tensors": [{"name", "dtype", "shape", "sha256"?}], "parameters", "bytes"}`. Bytes are those of
/// the tensors. What is not valid has the reason in `error` and no tensors.
public final class Inspection {
  private Inspection() {}

  /// Never throws for what is wrong with the path or the files.
  ///
  /// @param checksum whether to add the SHA-256 of each tensor's stored bytes
  public static ObjectNode of(Path path, boolean checksum) {
    ObjectNode result = Json.mapper().createObjectNode();
    result.put("path", path.toString());
    result.put("valid", true).putNull("error");
    result.putArray("tensors");
    result.put("parameters", 0).put("bytes", 0);
    try {
      if (Files.exists(path) && !Files.isDirectory(path)) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
          describe(result, List.of(file), checksum);
        }
      } else {
        try (ModelFolder folder = ModelFolder.open(path)) {
          describe(result, folder.files(), checksum);
        }
      }
    } catch (IOException e) {
      result.put("valid", false);
      result.put("error", reason(e));
      result.putArray("tensors");
    }
    return result;
  }

  /// The JDK's file errors (no permission, …) have only the path for a message.
  private static String reason(IOException e) {
    boolean bare = e instanceof FileSystemException f && f.getReason() == null;
    return bare || e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private static void describe(ObjectNode result, List<SafetensorsFile> files, boolean checksum)
      throws IOException {
    ArrayNode tensors = result.putArray("tensors");
    long parameters = 0;
    long bytes = 0;
    for (SafetensorsFile file : files) {
      for (TensorInfo t : file.tensors()) {
        ObjectNode node = tensors.addObject();
        node.put("name", t.name()).put("dtype", t.dtype().name());
        ArrayNode shape = node.putArray("shape");
        for (long d : t.shape()) {
          shape.add(new BigInteger(Long.toUnsignedString(d)));
        }
        if (checksum) {
          node.put("sha256", sha256(file, t));
        }
        parameters += t.elements();
        bytes += t.bytes();
      }
    }
    result.put("parameters", parameters).put("bytes", bytes);
  }

  private static String sha256(SafetensorsFile file, TensorInfo t) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    byte[] buffer = new byte[(int) Math.min(1 << 20, t.bytes())];
    for (long at = 0; at < t.bytes(); at += buffer.length) {
      int n = (int) Math.min(buffer.length, t.bytes() - at);
      file.read(t, at, MemorySegment.ofArray(buffer).asSlice(0, n));
      digest.update(ByteBuffer.wrap(buffer, 0, n));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}

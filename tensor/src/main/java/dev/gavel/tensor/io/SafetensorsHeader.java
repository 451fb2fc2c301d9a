package dev.gavel.tensor.io;

import dev.gavel.tensor.FormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// A parsed and validated header: what it promises is what the data section holds.
///
/// Rules are the reference reader's (huggingface/safetensors, `SafeTensors::read_metadata`), and a
/// name that stands twice is an error.
///
/// @param tensors in the order of their bytes
record SafetensorsHeader(List<TensorInfo> tensors, Map<String, String> metadata) {
  static final String METADATA = "__metadata__";

  /// @param header the JSON, without the 8 bytes before it
  /// @param dataBytes length of the data section
  /// @param where the file, for messages
  static SafetensorsHeader parse(byte[] header, long dataBytes, String where)
      throws FormatException {
    try (HeaderText text = new HeaderText(header, where)) {
      SafetensorsHeader parsed = new Reader(text).read();
      validate(parsed.tensors, dataBytes, where);
      return parsed;
    }
  }

  private static void validate(List<TensorInfo> tensors, long dataBytes, String where)
      throws FormatException {
    long at = 0;
    for (TensorInfo t : tensors) {
      String name = "%s: tensor '%s' ".formatted(where, HeaderText.shown(t.name()));
      if (t.begin() < 0 || t.end() < 0 || t.end() < t.begin()) {
        throw new FormatException(
            name
                + "ends before it begins: data_offsets [%s, %s]"
                    .formatted(Long.toUnsignedString(t.begin()), Long.toUnsignedString(t.end())));
      }
      if (t.begin() != at) {
        String kind = t.begin() < at ? "overlaps the tensor before it" : "leaves a hole before it";
        throw new FormatException(
            name
                + "begins at byte %d but the one before ends at %d: it %s"
                    .formatted(t.begin(), at, kind));
      }
      long bytes = bytesOf(t, name);
      if (bytes != t.bytes()) {
        throw new FormatException(
            name
                + "has %d bytes (data_offsets [%d, %d]) but %s %s needs %d"
                    .formatted(t.bytes(), t.begin(), t.end(), t.dtype(), t.shapeText(), bytes));
      }
      if (t.end() > dataBytes) {
        throw new FormatException(
            name
                + "ends at byte %d but the data section has %d bytes; the download is incomplete"
                    .formatted(t.end(), dataBytes));
      }
      at = t.end();
    }
    if (at != dataBytes) {
      throw new FormatException(
          "%s: the data section has %d bytes but the last tensor ends at byte %d: %d bytes belong to no tensor"
              .formatted(where, dataBytes, at, dataBytes - at));
    }
  }

  /// Bytes that dtype and shape need; unsigned overflow is an error, judged from left to right.
  private static long bytesOf(TensorInfo t, String name) throws FormatException {
    long bits = 1;
    long[] factors = Arrays.copyOf(t.shape(), t.shape().length + 1);
    factors[factors.length - 1] = t.dtype().bits();
    for (long f : factors) {
      if (Math.unsignedMultiplyHigh(bits, f) != 0) {
        throw new FormatException(
            name
                + "has shape %s of %s: its size overflows 64 bits"
                    .formatted(t.shapeText(), t.dtype()));
      }
      bits *= f;
    }
    if (Long.remainderUnsigned(bits, 8) != 0) {
      throw new FormatException(
          name
              + "has %s bits (%s %s), which do not fill whole bytes"
                  .formatted(Long.toUnsignedString(bits), t.dtype(), t.shapeText()));
    }
    return Long.divideUnsigned(bits, 8);
  }

  /// Walks the tokens.
  private static final class Reader {
    private final HeaderText text;
    private final List<TensorInfo> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private @Nullable Map<String, String> metadata;

    Reader(HeaderText text) {
      this.text = text;
    }

    SafetensorsHeader read() throws FormatException {
      JsonToken first = text.next();
      if (first == null) {
        throw text.error("the header is empty, expected a JSON object");
      }
      if (first != JsonToken.START_OBJECT) {
        throw text.error("the header is " + text.shown() + "…, expected a JSON object");
      }
      while (text.next() != JsonToken.END_OBJECT) {
        String name = text.string();
        if (name.equals(METADATA)) {
          readMetadata();
        } else {
          if (!names.add(name)) {
            throw text.error("tensor '" + HeaderText.shown(name) + "' is listed twice");
          }
          readTensor(name);
        }
      }
      if (text.next() != null) {
        throw text.error("text follows the header's object");
      }
      tensors.sort(
          Comparator.comparing(TensorInfo::begin, Long::compareUnsigned)
              .thenComparing(TensorInfo::end, Long::compareUnsigned));
      return new SafetensorsHeader(
          List.copyOf(tensors),
          metadata == null ? Map.of() : Collections.unmodifiableMap(metadata));
    }

    private void readMetadata() throws FormatException {
      if (metadata != null) {
        throw text.error("'" + METADATA + "' is listed twice");
      }
      if (text.next() != JsonToken.START_OBJECT) {
        throw text.error(
            "'" + METADATA + "' is " + text.shown() + ", expected an object of strings");
      }
      Map<String, String> map = new LinkedHashMap<>();
      while (text.next() != JsonToken.END_OBJECT) {
        String key = text.string();
        if (text.next() != JsonToken.VALUE_STRING) {
          throw text.error(
              "'%s' key '%s' is %s, expected a string"
                  .formatted(METADATA, HeaderText.shown(key), text.shown()));
        }
        if (map.putIfAbsent(key, text.string()) != null) {
          throw text.error(
              "'%s' key '%s' is listed twice".formatted(METADATA, HeaderText.shown(key)));
        }
      }
      metadata = map;
    }

    private void readTensor(String name) throws FormatException {
      String what = "tensor '" + HeaderText.shown(name) + "'";
      if (text.next() != JsonToken.START_OBJECT) {
        throw text.error(
            what + " is " + text.shown() + ", expected an object of dtype, shape, data_offsets");
      }
      Set<String> seen = new HashSet<>();
      SafetensorsDType dtype = null;
      long[] shape = null;
      long[] offsets = null;
      while (text.next() != JsonToken.END_OBJECT) {
        String field = text.string();
        if (!seen.add(field)) {
          throw text.error(what + ": '" + HeaderText.shown(field) + "' is listed twice");
        }
        text.next();
        switch (field) {
          case "dtype" -> dtype = dtype(what);
          case "shape" -> shape = numbers(what + ": a length of shape");
          case "data_offsets" -> offsets = offsets(what);
          default -> text.skip();
        }
      }
      if (dtype == null || shape == null || offsets == null) {
        String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
        throw text.error(what + " has no '" + missing + "'");
      }
      tensors.add(new TensorInfo(name, dtype, shape, offsets[0], offsets[1]));
    }

    private SafetensorsDType dtype(String what) throws FormatException {
      SafetensorsDType dtype =
          text.at(JsonToken.VALUE_STRING) ? SafetensorsDType.of(text.string()).orElse(null) : null;
      if (dtype == null) {
        throw text.error(
            "%s: dtype is %s; the format knows: %s"
                .formatted(what, text.shown(), SafetensorsDType.names()));
      }
      return dtype;
    }

    private long[] offsets(String what) throws FormatException {
      long[] offsets = numbers(what + ": data_offsets");
      if (offsets.length != 2) {
        throw text.error(
            what + ": data_offsets has " + offsets.length + " numbers, expected begin and end");
      }
      return offsets;
    }

    private long[] numbers(String what) throws FormatException {
      if (!text.at(JsonToken.START_ARRAY)) {
        throw text.error(what + " is " + text.shown() + ", expected an array of whole numbers");
      }
      long[] numbers = new long[4];
      int n = 0;
      while (text.next() != JsonToken.END_ARRAY) {
        if (n == numbers.length) {
          numbers = Arrays.copyOf(numbers, 2 * n);
        }
        numbers[n++] = text.unsigned(what);
      }
      return Arrays.copyOf(numbers, n);
    }
  }
}

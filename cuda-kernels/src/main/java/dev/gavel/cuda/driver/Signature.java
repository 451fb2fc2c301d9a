package dev.gavel.cuda.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The parameters of a kernel, as its PTX declares them: the driver takes addresses of values and
/// checks nothing.
///
/// @param file where it was read, for messages
/// @param entry the kernel's name
record Signature(String file, String entry, List<Kind> kinds) {
  /// What a parameter is. Pointers are 64-bit integers.
  enum Kind {
    LONG("a 64-bit integer or an address"),
    INT("a 32-bit integer"),
    FLOAT("a float");

    final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  private static final Pattern PARAMETER =
      Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.(\\w+)\\s+");

  static Signature of(String ptx, String file, String entry) {
    int at = ptx.indexOf(".entry " + entry + "(");
    if (at < 0) {
      throw new IllegalArgumentException(file + " has no kernel " + entry);
    }
    int from = ptx.indexOf('(', at);
    Matcher m = PARAMETER.matcher(ptx).region(from, ptx.indexOf(')', from));
    List<Kind> kinds = new ArrayList<>();
    while (m.find()) {
      kinds.add(kind(m.group(1), file, entry, kinds.size()));
    }
    return new Signature(file, entry, List.copyOf(kinds));
  }

  private static Kind kind(String type, String file, String entry, int index) {
    return switch (type) {
      case "u64", "s64", "b64" -> Kind.LONG;
      case "u32", "s32", "b32" -> Kind.INT;
      case "f32" -> Kind.FLOAT;
      default ->
          throw new IllegalArgumentException(
              file
                  + ": parameter "
                  + index
                  + " of "
                  + entry
                  + " is ."
                  + type
                  + "; launchers pass 32- and 64-bit integers, addresses and floats");
    };
  }
}

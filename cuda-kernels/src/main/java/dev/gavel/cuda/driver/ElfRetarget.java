package dev.gavel.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Points an ELF64 shared object at another version of one of its dependencies: JCublas2 12.6 was
/// linked against `libcublas.so.12`, machines with CUDA 13 have `libcublas.so.13` with the same
/// functions. Both names have the same length, so nothing moves: the name in the dynamic string
/// table changes (DT_NEEDED and the version requirement share it), and the hash of the version.
final class ElfRetarget {
  private static final int MAGIC = 0x464c457f;
  private static final int CLASS_64 = 2;
  private static final int SHT_GNU_VERNEED = 0x6ffffffe;

  private final byte[] elf;
  private final ByteBuffer b;
  private final String from;
  private final String to;
  private int changed;

  private ElfRetarget(byte[] elf, String from, String to) {
    this.elf = elf;
    this.b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    this.from = from;
    this.to = to;
  }

  /// A changed copy.
  ///
  /// @throws IllegalArgumentException when the file is no ELF64 object that requires `from`
  static byte[] retarget(byte[] elf, String from, String to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(from + " and " + to + " differ in length");
    }
    ElfRetarget work = new ElfRetarget(elf.clone(), from, to);
    work.sections();
    if (work.changed == 0) {
      throw new IllegalArgumentException("the library has no version requirement on " + from);
    }
    return work.elf;
  }

  private void sections() {
    if (elf.length < 64 || b.getInt(0) != MAGIC || elf[4] != CLASS_64) {
      throw new IllegalArgumentException("not an ELF64 file");
    }
    int sections = (int) b.getLong(40);
    int size = b.getShort(58);
    int count = b.getShort(60);
    for (int i = 0; i < count; i++) {
      int header = sections + i * size;
      if (b.getInt(header + 4) == SHT_GNU_VERNEED) {
        int strings = (int) b.getLong(sections + b.getInt(header + 40) * size + 24);
        requirements((int) b.getLong(header + 24), strings);
      }
    }
  }

  /// A list of needed files, each with a list of the versions that are needed of it.
  private void requirements(int need, int strings) {
    int next;
    do {
      int aux = need + b.getInt(need + 8);
      int after;
      do {
        if (text(strings + b.getInt(aux + 8)).equals(from)) {
          b.putInt(aux, hash(to));
          rename(strings + b.getInt(aux + 8));
          changed++;
        }
        after = b.getInt(aux + 12);
        aux += after;
      } while (after != 0);
      // usually the very same string, but it may be a second copy
      if (text(strings + b.getInt(need + 4)).equals(from)) {
        rename(strings + b.getInt(need + 4));
      }
      next = b.getInt(need + 12);
      need += next;
    } while (next != 0);
  }

  private void rename(int at) {
    b.put(at, to.getBytes(StandardCharsets.US_ASCII));
  }

  private String text(int at) {
    int end = at;
    while (elf[end] != 0) {
      end++;
    }
    return new String(elf, at, end - at, StandardCharsets.US_ASCII);
  }

  /// The System V ELF hash, as the dynamic linker compares it.
  static int hash(String name) {
    long h = 0;
    for (int i = 0; i < name.length(); i++) {
      h = (h << 4) + name.charAt(i);
      long g = h & 0xf0000000L;
      h = (h ^ (g >>> 24)) & ~g & 0xffffffffL;
    }
    return (int) h;
  }
}

package dev.gavel.tensor;

/// Counter-based random numbers: Philox4x32-10 (Salmon et al., *Parallel Random Numbers: As Easy as
/// 1, 2, 3*, SC 2011).
///
/// A value is a pure function of (seed, stream, index), so it depends neither on threads nor on
/// what was drawn before: give each purpose a stream of its own and count the index.
public final class Rng {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Rng() {}

  /// One block of the generator.
  ///
  /// @param counter four words
  /// @param key two words
  /// @return four random words
  public static int[] philox(int[] counter, int[] key) {
    int[] block = counter.clone();
    philox(block, key[0], key[1]);
    return block;
  }

  /// In place, for loops that cannot afford an array for each block.
  private static void philox(int[] block, int k0, int k1) {
    int c0 = block[0];
    int c1 = block[1];
    int c2 = block[2];
    int c3 = block[3];
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
      long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
  }

  /// 64 random bits.
  public static long bits(long seed, long stream, long index) {
    int[] r = block(seed, stream, index);
    return (r[0] & 0xFFFFFFFFL) | (long) r[1] << 32;
  }

  /// Uniform in [0, 1), 53 bits.
  public static double uniform(long seed, long stream, long index) {
    return (bits(seed, stream, index) >>> 11) * 0x1p-53;
  }

  /// Uniform in 0..bound-1, without bias worth the name: 64 random bits times the bound, upper
  /// half.
  public static int below(int bound, long seed, long stream, long index) {
    return (int) Math.unsignedMultiplyHigh(bits(seed, stream, index), bound);
  }

  /// Standard normal: Box-Muller on `StrictMath`, so that every machine draws the same bits. Block
  /// i of the generator gives the values 2i (cosine) and 2i + 1 (sine).
  ///
  /// @param index from 0
  public static double normal(long seed, long stream, long index) {
    double[] pair = new double[2];
    normalPair(seed, stream, index >> 1, new int[4], pair);
    return pair[(int) (index & 1)];
  }

  /// The values `first .. first + count - 1` of [#normal], times `scale`, rounded to float.
  public static void normals(
      long seed, long stream, long first, double scale, float[] to, int count) {
    int[] block = new int[4];
    double[] pair = new double[2];
    int n = 0;
    if (count > 0 && (first & 1) != 0) {
      normalPair(seed, stream, first >> 1, block, pair);
      to[n++] = (float) (scale * pair[1]);
    }
    for (; n < count; n += 2) {
      normalPair(seed, stream, (first + n) >> 1, block, pair);
      to[n] = (float) (scale * pair[0]);
      if (n + 1 < count) {
        to[n + 1] = (float) (scale * pair[1]);
      }
    }
  }

  private static void normalPair(long seed, long stream, long index, int[] r, double[] pair) {
    counter(stream, index, r);
    philox(r, (int) seed, (int) (seed >>> 32));
    long a = (r[0] & 0xFFFFFFFFL) | (long) r[1] << 32;
    long b = (r[2] & 0xFFFFFFFFL) | (long) r[3] << 32;
    double u = ((a >>> 11) + 1) * 0x1p-53;
    double angle = 2 * Math.PI * ((b >>> 11) * 0x1p-53);
    double radius = StrictMath.sqrt(-2 * StrictMath.log(u));
    pair[0] = radius * StrictMath.cos(angle);
    pair[1] = radius * StrictMath.sin(angle);
  }

  /// 0 for each of the elements `first .. first + count - 1` that falls below `p`, else 1; p is in
  /// [0, 1). Block i of the generator decides over the elements 4 i .. 4 i + 3, a word for each.
  public static void mask(long seed, long stream, long first, double p, float[] to, int count) {
    long bound = (long) (p * 0x1p32);
    int[] block = new int[4];
    for (int n = 0; n < count; ) {
      long at = first + n;
      counter(stream, at >> 2, block);
      philox(block, (int) seed, (int) (seed >>> 32));
      for (int w = (int) (at & 3); w < 4 && n < count; w++) {
        to[n++] = (block[w] & 0xFFFFFFFFL) < bound ? 0 : 1;
      }
    }
  }

  /// The numbers 0..n-1 in random order.
  public static int[] permutation(int n, long seed, long stream) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = below(i + 1, seed, stream, i);
      int t = order[i];
      order[i] = order[j];
      order[j] = t;
    }
    return order;
  }

  /// A stream number for a name: FNV-1a, 64 bits, over the name's UTF-16 units.
  public static long stream(String name) {
    long h = 0xCBF29CE484222325L;
    for (int i = 0; i < name.length(); i++) {
      h = (h ^ name.charAt(i)) * 0x100000001B3L;
    }
    return h;
  }

  private static int[] block(long seed, long stream, long index) {
    int[] block = new int[4];
    counter(stream, index, block);
    philox(block, (int) seed, (int) (seed >>> 32));
    return block;
  }

  private static void counter(long stream, long index, int[] to) {
    to[0] = (int) index;
    to[1] = (int) (index >>> 32);
    to[2] = (int) stream;
    to[3] = (int) (stream >>> 32);
  }
}

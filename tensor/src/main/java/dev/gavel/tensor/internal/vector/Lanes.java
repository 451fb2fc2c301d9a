package dev.gavel.tensor.internal.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The machine's vectors, and the one shape that sums over a row have on every machine.
///
/// A sum has 16 logical lanes: element `i` is added to lane `i % 16`, in the order of `i`. Then
/// lanes `l` and `l + 8` are added, then `l` and `l + 4`, `l + 2`, `l + 1`. A vector of 16 elements
/// holds all lanes, narrower ones a part of them: kernels sum "strips", the lanes `lane .. lane + L
/// - 1` after the first level of that tree, so the bits do not depend on the width.
final class Lanes {
  /// Logical lanes of a sum over a row.
  static final int ROUND = 16;

  static final VectorSpecies<Float> F =
      switch (FloatVector.SPECIES_PREFERRED.length()) {
        case 2, 4 -> FloatVector.SPECIES_128;
        case 8 -> FloatVector.SPECIES_256;
        default -> FloatVector.SPECIES_512;
      };
  static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());

  /// As many shorts as there are floats in `F`.
  static final VectorSpecies<Short> H =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

  /// Elements of a vector: 4, 8 or 16.
  static final int L = F.length();

  /// 32 registers of 512 bits rather than 16 of at most 256.
  static final boolean WIDE = L == 16;

  /// Rows of the large micro-kernel.
  static final int ROWS = WIDE ? 14 : 6;

  /// Rows of the small micro-kernel; divides 32.
  static final int FEW_ROWS = WIDE ? 8 : 4;

  /// Steps of k that a micro-kernel takes at once, even.
  ///
  /// What a loop costs besides its products hides in the free slots of a core of its own; beside
  /// another thread on the same core there are half as many slots, and the kernels for 16 registers
  /// are 8 to 13 % faster there with four steps at once than with two. With 32 registers, four are
  /// no faster on a core of one's own, and too many for C1: interpreted until C2 comes.
  static final int STEPS = WIDE ? 2 : 4;

  /// Columns of every micro-kernel, and of a panel of B.
  static final int COLUMNS = 2 * L;

  static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);
  static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LE);
  static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
  static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);

  private static final VectorShuffle<Float> BY_8 = F.iotaShuffle(8 % L, 1, true);
  private static final VectorShuffle<Float> BY_4 = F.iotaShuffle(4 % L, 1, true);
  private static final VectorShuffle<Float> BY_2 = F.iotaShuffle(2, 1, true);
  private static final VectorShuffle<Float> BY_1 = F.iotaShuffle(1, 1, true);

  private Lanes() {}

  static FloatVector load(MemorySegment s, long offset) {
    return FloatVector.fromMemorySegment(F, s, offset, LE);
  }

  static FloatVector load(MemorySegment s, long offset, VectorMask<Float> m) {
    return FloatVector.fromMemorySegment(F, s, offset, LE, m);
  }

  static float get(MemorySegment s, long offset) {
    return s.get(F32, offset);
  }

  static void set(MemorySegment s, long offset, float value) {
    s.set(F32, offset, value);
  }

  /// Those lanes of a vector whose logical lanes `lane ..` are below `rest`, the elements left of a
  /// row after its last whole round.
  static VectorMask<Float> tail(int lane, int rest) {
    return F.indexInRange(lane, rest);
  }

  /// The rest of the tree over a strip (`L` is 8 or 16).
  static float fold(FloatVector strip) {
    FloatVector v = strip;
    if (L > 8) {
      v = v.add(v.rearrange(BY_8));
    }
    if (L > 4) {
      v = v.add(v.rearrange(BY_4));
    }
    v = v.add(v.rearrange(BY_2));
    return v.add(v.rearrange(BY_1)).lane(0);
  }

  /// The largest of a vector's elements, none of them NaN; which zero it is is not said.
  static float max(FloatVector vector) {
    FloatVector v = vector;
    if (L > 8) {
      v = larger(v, v.rearrange(BY_8));
    }
    if (L > 4) {
      v = larger(v, v.rearrange(BY_4));
    }
    v = larger(v, v.rearrange(BY_2));
    return larger(v, v.rearrange(BY_1)).lane(0);
  }

  private static FloatVector larger(FloatVector a, FloatVector b) {
    return a.blend(b, b.compare(VectorOperators.GT, a));
  }

  /// The tree over sixteen lanes in an array, from index `o`.
  static float tree(float[] a, int o) {
    float even =
        (a[o] + a[o + 8] + (a[o + 4] + a[o + 12]))
            + (a[o + 2] + a[o + 10] + (a[o + 6] + a[o + 14]));
    float odd =
        (a[o + 1] + a[o + 9] + (a[o + 5] + a[o + 13]))
            + (a[o + 3] + a[o + 11] + (a[o + 7] + a[o + 15]));
    return even + odd;
  }

  /// Adds `k` steps (a multiple of [#STEPS]) to the tile at `from`, of `rows` ([#ROWS] or
  /// [#FEW_ROWS]) by [#COLUMNS] sums, and leaves the result at `co`.
  static void tile(
      int rows, float[] a, int ao, float[] b, int bo, int k, float[] c, int from, int co) {
    if (WIDE) {
      if (rows == 14) {
        Kernel14x2.run(a, ao, b, bo, k, c, from, co);
      } else {
        Kernel8x2.run(a, ao, b, bo, k, c, from, co);
      }
    } else if (rows == 6) {
      Kernel6x2.run(a, ao, b, bo, k, c, from, co);
    } else {
      Kernel4x2.run(a, ao, b, bo, k, c, from, co);
    }
  }

  /// `k` steps and those that fill up the last [#STEPS].
  static int wholeSteps(int k) {
    return ceil(k, STEPS) * STEPS;
  }

  static int ceil(int x, int by) {
    return (x + by - 1) / by;
  }
}

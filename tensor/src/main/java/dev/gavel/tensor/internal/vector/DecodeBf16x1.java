package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.I;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// One row of x against four panels of bf16 pairs: eight chains of sums are in flight, and four
/// streams of memory (one stream does not fill the queues of the memory system).
final class DecodeBf16x1 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private DecodeBf16x1() {}

  /// Writes the sums of 4 panels of `words` words a column to `sums` (panel, row of x, column).
  static void run(
      MemorySegment w0,
      MemorySegment w1,
      MemorySegment w2,
      MemorySegment w3,
      int words,
      float[] x,
      float[] sums) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = FloatVector.zero(F);
    FloatVector c0 = FloatVector.zero(F);
    FloatVector d0 = FloatVector.zero(F);
    FloatVector e0 = FloatVector.zero(F);
    FloatVector f0 = FloatVector.zero(F);
    FloatVector g0 = FloatVector.zero(F);
    FloatVector h0 = FloatVector.zero(F);
    for (int t = 0; t < words; t++) {
      int q = t * 8 * L;
      FloatVector x0 = FloatVector.broadcast(F, x[t * 2]);
      FloatVector x1 = FloatVector.broadcast(F, x[t * 2 + 1]);
      IntVector a = IntVector.fromMemorySegment(I, w0, q, LE);
      FloatVector al = a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector ah = a.and(HIGH).reinterpretAsFloats();
      a0 = ah.fma(x1, al.fma(x0, a0));
      IntVector b = IntVector.fromMemorySegment(I, w0, q + 4 * L, LE);
      FloatVector bl = b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector bh = b.and(HIGH).reinterpretAsFloats();
      b0 = bh.fma(x1, bl.fma(x0, b0));
      IntVector c = IntVector.fromMemorySegment(I, w1, q, LE);
      FloatVector cl = c.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector ch = c.and(HIGH).reinterpretAsFloats();
      c0 = ch.fma(x1, cl.fma(x0, c0));
      IntVector d = IntVector.fromMemorySegment(I, w1, q + 4 * L, LE);
      FloatVector dl = d.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector dh = d.and(HIGH).reinterpretAsFloats();
      d0 = dh.fma(x1, dl.fma(x0, d0));
      IntVector e = IntVector.fromMemorySegment(I, w2, q, LE);
      FloatVector el = e.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector eh = e.and(HIGH).reinterpretAsFloats();
      e0 = eh.fma(x1, el.fma(x0, e0));
      IntVector f = IntVector.fromMemorySegment(I, w2, q + 4 * L, LE);
      FloatVector fl = f.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector fh = f.and(HIGH).reinterpretAsFloats();
      f0 = fh.fma(x1, fl.fma(x0, f0));
      IntVector g = IntVector.fromMemorySegment(I, w3, q, LE);
      FloatVector gl = g.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector gh = g.and(HIGH).reinterpretAsFloats();
      g0 = gh.fma(x1, gl.fma(x0, g0));
      IntVector h = IntVector.fromMemorySegment(I, w3, q + 4 * L, LE);
      FloatVector hl = h.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector hh = h.and(HIGH).reinterpretAsFloats();
      h0 = hh.fma(x1, hl.fma(x0, h0));
    }
    a0.intoArray(sums, 0);
    b0.intoArray(sums, L);
    c0.intoArray(sums, 2 * L);
    d0.intoArray(sums, 3 * L);
    e0.intoArray(sums, 4 * L);
    f0.intoArray(sums, 5 * L);
    g0.intoArray(sums, 6 * L);
    h0.intoArray(sums, 7 * L);
  }
}

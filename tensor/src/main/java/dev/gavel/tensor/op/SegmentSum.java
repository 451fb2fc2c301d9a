package dev.gavel.tensor.op;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/// y[s] = the sum of the elements of segment s: x [T] to y [S]; an empty segment gives 0. Elements
/// are added in their order.
record SegmentSum(Ragged segments) implements Op {
  @Override
  public Tensor forward(Call c) {
    Tensor x = c.in(0);
    if (x.shape().rank() != 1 || x.size() != segments.tokens()) {
      throw c.mismatch("needed is one row of as many elements as " + segments + " counts");
    }
    Tensor ids = c.device().ofInts(segmentOfEach());
    Tensor y = c.device().zeros(x.dtype(), Shape.of(segments.sequences()));
    c.backend().scatterAddRows(column(x), ids, column(y));
    c.save(ids);
    return y;
  }

  /// Each element gets the gradient of its segment's sum.
  @Override
  public void backward(Call c, Tensor gy) {
    Tensor g = c.empty(c.in(0).shape());
    c.backend().gatherRows(column(gy), c.saved(0), column(g));
    c.add(0, g);
  }

  private int[] segmentOfEach() {
    int[] ids = new int[segments.tokens()];
    for (int s = 0; s < segments.sequences(); s++) {
      Arrays.fill(ids, segments.offset(s), segments.offset(s + 1), s);
    }
    return ids;
  }

  private static Tensor column(Tensor x) {
    return x.view(Shape.of(x.size(), 1));
  }

  @Override
  public List<OpCase> cases() {
    return List.of(of(3, 0, 5, 1), of(0), of(0, 0), of(), of(17), of(1, 1, 1), of(33, 64, 2, 65));
  }

  private static OpCase of(int... lengths) {
    Ragged segments = Ragged.ofLengths(lengths);
    return OpCase.of(new SegmentSum(segments)).uniform(-3, 3, segments.tokens());
  }

  /// The log-probabilities of the completions of 32 pairs.
  @Override
  public OpCase benchCase() {
    int[] lengths = new int[64];
    Arrays.fill(lengths, 256);
    return of(lengths);
  }

  @Override
  public Work work(OpCase c) {
    return Work.moving(c, ((SegmentSum) c.op()).segments.sequences());
  }
}

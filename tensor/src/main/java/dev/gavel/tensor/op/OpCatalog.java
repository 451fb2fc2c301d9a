package dev.gavel.tensor.op;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.DropoutMask;
import dev.gavel.tensor.spi.UnaryOp;
import java.util.ArrayList;
import java.util.List;

/// Every primitive op. A line here buys the op its tests and its bench entry.
public final class OpCatalog {
  private OpCatalog() {}

  public static List<Op> all() {
    List<Op> ops = new ArrayList<>();
    for (UnaryOp f : UnaryOp.values()) {
      ops.add(new Unary(f));
    }
    for (BinaryOp f : BinaryOp.values()) {
      ops.add(new Binary(f));
    }
    for (Axis axis : Axis.values()) {
      ops.add(new Sum(axis));
    }
    ops.add(new Affine(-1.5, 0.25));
    ops.add(new MatMul(false, false, false));
    ops.add(new MatMul(false, true, false));
    ops.add(new MatMul(true, false, false));
    ops.add(new MatMul(true, true, false));
    ops.add(new MatMul(false, true, true));
    ops.add(new Gather(null));
    ops.add(new SegmentSum(Ragged.ofLengths()));
    ops.add(new Dropout(new DropoutMask(0.25, 42, 7)));
    ops.add(new Reshape(Shape.of(3, 5)));
    ops.add(new Slice(2, 5));
    ops.add(new RmsNorm(1e-5));
    ops.add(new Rope());
    ops.add(new SwiGlu());
    ops.add(new Attention(Ragged.ofLengths()));
    ops.add(new LinearLogProb());
    return List.copyOf(ops);
  }

  /// All cases of all ops.
  public static List<OpCase> cases() {
    return all().stream().flatMap(op -> op.cases().stream()).toList();
  }
}

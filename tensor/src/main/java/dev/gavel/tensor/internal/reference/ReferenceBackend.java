package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.internal.host.HostMemory;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.Buffer;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import dev.gavel.tensor.spi.PackedMatrix;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The specification: every operation as plain loops in double, over tensors of any type. Each
/// faster backend is compared with it. One thread.
public final class ReferenceBackend implements Backend {
  private final HostMemory memory;

  public ReferenceBackend(HostMemory memory) {
    this.memory = memory;
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public void close() {
    memory.close();
  }

  @Override
  public Buffer allocate(long bytes) {
    return memory.allocate(bytes);
  }

  @Override
  public void free(Buffer buffer) {
    memory.free((HostBuffer) buffer);
  }

  @Override
  public MemoryUse memory() {
    return memory.use();
  }

  @Override
  public void upload(MemorySegment source, Tensor y) {
    HostBuffer.of(y).copyFrom(source);
  }

  @Override
  public void download(Tensor x, MemorySegment target) {
    target.copyFrom(HostBuffer.of(x));
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    if (x.dtype() == y.dtype()) {
      HostBuffer.of(y).copyFrom(HostBuffer.of(x));
    } else {
      ReferenceElement.axpby(1, x, 0, y);
    }
  }

  @Override
  public void fill(Tensor y, double value) {
    Doubles out = new Doubles(y);
    for (long i = 0; i < y.size(); i++) {
      out.set(i, value);
    }
  }

  @Override
  public void unary(UnaryOp op, Tensor x, Tensor y) {
    ReferenceElement.unary(op, x, y);
  }

  @Override
  public void binary(BinaryOp op, Tensor a, Tensor b, Tensor y) {
    ReferenceElement.binary(op, a, b, y);
  }

  @Override
  public void axpby(double alpha, Tensor x, double beta, Tensor y) {
    ReferenceElement.axpby(alpha, x, beta, y);
  }

  @Override
  public void affine(double alpha, Tensor x, double shift, Tensor y) {
    ReferenceElement.affine(alpha, x, shift, y);
  }

  @Override
  public void sum(Tensor x, Axis axis, Tensor y) {
    ReferenceElement.sum(x, axis, y);
  }

  @Override
  public void rowMax(Tensor x, Tensor y, Tensor index) {
    ReferenceElement.rowMax(x, y, index);
  }

  @Override
  public double sumOfSquares(Tensor x) {
    return ReferenceElement.sumOfSquares(x);
  }

  @Override
  public boolean takesNarrowWeights(DType type) {
    return true;
  }

  @Override
  public void gatherRows(Tensor table, Tensor ids, Tensor y) {
    ReferenceRows.gatherRows(table, ids, y);
  }

  @Override
  public void scatterAddRows(Tensor x, Tensor ids, Tensor table) {
    ReferenceRows.scatterAddRows(x, ids, table);
  }

  @Override
  public void matmul(
      Tensor a, boolean transA, Tensor b, boolean transB, Tensor y, boolean accumulate) {
    ReferenceRows.matmul(a, transA, b, transB, y, accumulate);
  }

  @Override
  public void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd) {
    ReferenceRows.rmsNorm(x, w, eps, y, rstd);
  }

  @Override
  public void rmsNormBackward(
      Tensor x,
      Tensor w,
      Tensor rstd,
      Tensor gy,
      Tensor gx,
      boolean accumulateX,
      Tensor gw,
      boolean accumulateW) {
    ReferenceRows.rmsNormBackward(x, w, rstd, gy, gx, accumulateX, gw, accumulateW);
  }

  @Override
  public void rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y) {
    ReferenceRows.rope(x, cos, sin, positions, inverse, y);
  }

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {
    ReferenceRows.swiGlu(gate, up, y);
  }

  @Override
  public void swiGluBackward(Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp) {
    ReferenceRows.swiGluBackward(gate, up, gy, gGate, gUp);
  }

  @Override
  public void attention(Tensor q, Tensor k, Tensor v, Ragged batch, Tensor y, Tensor lse) {
    new ReferenceAttention(q, k, v).forward(batch, y, lse);
  }

  @Override
  public void attentionBackward(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor y,
      Tensor lse,
      Tensor gy,
      Ragged batch,
      Tensor gq,
      Tensor gk,
      Tensor gv) {
    new ReferenceAttention(q, k, v).backward(y, lse, gy, batch, gq, gk, gv);
  }

  @Override
  public void linearLogProb(
      Tensor h, Tensor w, Tensor targets, Tensor y, Tensor stats, @Nullable Tensor keep) {
    new ReferenceLogProb(h, w, targets).forward(y, stats);
  }

  @Override
  public void logProb(Tensor logits, Tensor targets, Tensor y, Tensor stats) {
    ReferenceLogProb.ofLogits(logits, targets, y, stats);
  }

  @Override
  public void softmax(Tensor x, double temperature, Tensor y) {
    ReferenceRows.softmax(x, temperature, y);
  }

  @Override
  public void linearLogProbBackward(
      Tensor h,
      Tensor w,
      Tensor targets,
      Tensor stats,
      @Nullable Tensor kept,
      Tensor gy,
      @Nullable Tensor gh,
      boolean accumulateH,
      @Nullable Tensor gw,
      boolean accumulateW) {
    new ReferenceLogProb(h, w, targets).backward(stats, gy, gh, accumulateH, gw, accumulateW);
  }

  @Override
  public void adamW(
      Tensor p, Tensor g, Tensor m, Tensor v, @Nullable Tensor rounded, AdamWStep step) {
    ReferenceElement.adamW(p, g, m, v, step);
    if (rounded != null) {
      copy(p, rounded);
    }
  }

  @Override
  public PackedMatrix pack(DType type, DType arithmetic, long rows, long columns) {
    HostBuffer buffer = memory.allocate(rows * columns * type.bytes());
    return new ReferenceMatrix(buffer, type, rows, columns, memory::free);
  }

  @Override
  public void linear(Tensor x, PackedMatrix w, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles weight = ((ReferenceMatrix) w).elements();
    Doubles out = new Doubles(y);
    long k = w.columns();
    for (long i = 0; i < x.shape().dim(0); i++) {
      for (long j = 0; j < w.rows(); j++) {
        double sum = 0;
        for (long p = 0; p < k; p++) {
          sum += in.get(i * k + p) * weight.get(j * k + p);
        }
        out.set(i * w.rows() + j, sum);
      }
    }
  }

  @Override
  public void gatherRows(PackedMatrix w, Tensor ids, Tensor y) {
    Doubles in = ((ReferenceMatrix) w).elements();
    Doubles at = new Doubles(ids);
    Doubles out = new Doubles(y);
    long c = w.columns();
    for (long r = 0; r < ids.size(); r++) {
      for (long j = 0; j < c; j++) {
        out.set(r * c + j, in.get(at.id(r) * c + j));
      }
    }
  }

  @Override
  public KvPool kvPool(DType arithmetic, int layers, int kvHeads, int headDim, int pages) {
    return new ReferenceKvPool(memory, layers, kvHeads, headDim, pages);
  }

  @Override
  public void writeKv(KvPool pool, int layer, KvBatch batch, Tensor k, Tensor v) {
    ((ReferenceKvPool) pool).write(layer, batch, k, v);
  }

  @Override
  public void pagedAttention(Tensor q, KvPool pool, int layer, KvBatch batch, Tensor y) {
    ((ReferenceKvPool) pool).attention(q, layer, batch, y);
  }
}

package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.internal.host.HostMemory;
import dev.gavel.tensor.internal.reference.ReferenceBackend;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.Buffer;
import dev.gavel.tensor.spi.DeclinedOp;
import dev.gavel.tensor.spi.DropoutMask;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import dev.gavel.tensor.spi.PackedMatrix;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The CPU backend: f32 on the Vector API, several threads. Work is cut into parts whose bounds
/// follow from the shapes alone, so that bits do not depend on the number of threads.
///
/// What is not f32 goes to the reference loops, over the same memory, and a [DeclinedOp] event says
/// so.
public final class VectorBackend implements Backend {
  private final WorkerPool pool;
  private final HostMemory memory;
  private final ReferenceBackend reference;
  private final ElementWork elements;
  private final RowWork rows;
  private final Gemm gemm;
  private final LogProbWork logProbs;
  private final AttentionWork attention;
  private final PagedAttentionWork paged;
  private final PackedLinear linear;

  public VectorBackend(int threads) {
    pool = new WorkerPool(threads);
    memory = new HostMemory(NativeMemory::allocate);
    reference = new ReferenceBackend(memory);
    elements = new ElementWork(pool);
    rows = new RowWork(pool);
    gemm = new Gemm(pool);
    logProbs = new LogProbWork(pool, gemm, memory);
    attention = new AttentionWork(pool);
    paged = new PagedAttentionWork(pool);
    linear = new PackedLinear(pool);
  }

  @Override
  public String name() {
    return "vector-" + Lanes.L * 32;
  }

  @Override
  public void close() {
    pool.close();
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

  /// Whether all are f32; records an event if not.
  private boolean single(String operation, Tensor... tensors) {
    for (Tensor t : tensors) {
      if (t.dtype() != DType.F32) {
        DeclinedOp.record(
            name(), operation, "elements are " + t.dtype() + ", the kernels are for F32");
        return false;
      }
    }
    return true;
  }

  /// Likewise; a weight may be bf16.
  private boolean singleBeside(String operation, Tensor weight, Tensor... tensors) {
    return single(operation, tensors)
        && (weight.dtype() == DType.BF16 || single(operation, weight));
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    if (!elements.copy(x, y)) {
      DeclinedOp.record(name(), "copy", x.dtype() + " to " + y.dtype());
      reference.copy(x, y);
    }
  }

  @Override
  public void fill(Tensor y, double value) {
    if (single("fill", y)) {
      elements.fill(y, (float) value);
    } else {
      reference.fill(y, value);
    }
  }

  @Override
  public void unary(UnaryOp op, Tensor x, Tensor y) {
    if (single("unary", x, y)) {
      elements.unary(op, x, y);
    } else {
      reference.unary(op, x, y);
    }
  }

  @Override
  public void binary(BinaryOp op, Tensor a, Tensor b, Tensor y) {
    if (single("binary", a, b, y)) {
      elements.binary(op, a, b, y);
    } else {
      reference.binary(op, a, b, y);
    }
  }

  @Override
  public void axpby(double alpha, Tensor x, double beta, Tensor y) {
    if (single("axpby", x, y)) {
      elements.axpby((float) alpha, x, (float) beta, y);
    } else {
      reference.axpby(alpha, x, beta, y);
    }
  }

  @Override
  public void affine(double alpha, Tensor x, double shift, Tensor y) {
    if (single("affine", x, y)) {
      elements.affine((float) alpha, x, (float) shift, y);
    } else {
      reference.affine(alpha, x, shift, y);
    }
  }

  @Override
  public void dropout(Tensor x, DropoutMask mask, Tensor y, boolean accumulate) {
    if (single("dropout", x, y)) {
      elements.dropout(x, mask, y, accumulate);
    } else {
      reference.dropout(x, mask, y, accumulate);
    }
  }

  @Override
  public void sum(Tensor x, Axis axis, Tensor y) {
    if (single("sum", x, y)) {
      rows.sum(x, axis, y);
    } else {
      reference.sum(x, axis, y);
    }
  }

  @Override
  public void rowMax(Tensor x, Tensor y, Tensor index) {
    if (single("rowMax", x, y)) {
      rows.rowMax(x, y, index);
    } else {
      reference.rowMax(x, y, index);
    }
  }

  @Override
  public double sumOfSquares(Tensor x) {
    return single("sumOfSquares", x) ? elements.sumOfSquares(x) : reference.sumOfSquares(x);
  }

  /// What is not f32 beside f32 goes to the reference loops, which widen too.
  @Override
  public boolean takesNarrowWeights(DType type) {
    return true;
  }

  @Override
  public void gatherRows(Tensor table, Tensor ids, Tensor y) {
    if (table.dtype() == DType.BF16 && single("gatherRows", y)) {
      rows.gatherNarrow(table, ids, y);
    } else if (single("gatherRows", table, y)) {
      rows.gather(table, ids, y);
    } else {
      reference.gatherRows(table, ids, y);
    }
  }

  @Override
  public void scatterAddRows(Tensor x, Tensor ids, Tensor table) {
    if (single("scatterAddRows", x, table)) {
      rows.scatterAdd(x, ids, table);
    } else {
      reference.scatterAddRows(x, ids, table);
    }
  }

  @Override
  public void matmul(
      Tensor a, boolean transA, Tensor b, boolean transB, Tensor y, boolean accumulate) {
    if (!singleBeside("matmul", b, a, y)) {
      reference.matmul(a, transA, b, transB, y, accumulate);
      return;
    }
    int m = (int) y.shape().dim(0);
    int n = (int) y.shape().dim(1);
    int k = (int) a.shape().dim(transA ? 0 : 1);
    int lda = transA ? m : k;
    int ldb = transB ? k : n;
    gemm.gemm(
        transA,
        transB,
        m,
        n,
        k,
        HostBuffer.of(a),
        0,
        lda,
        b.dtype(),
        HostBuffer.of(b),
        0,
        ldb,
        HostBuffer.of(y),
        0,
        n,
        accumulate);
  }

  @Override
  public void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd) {
    if (single("rmsNorm", x, w, y, rstd)) {
      rows.rmsNorm(x, w, eps, y, rstd);
    } else {
      reference.rmsNorm(x, w, eps, y, rstd);
    }
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
    if (single("rmsNormBackward", x, w, rstd, gy, gx, gw)) {
      rows.rmsNormBackward(x, w, rstd, gy, gx, accumulateX, gw, accumulateW);
    } else {
      reference.rmsNormBackward(x, w, rstd, gy, gx, accumulateX, gw, accumulateW);
    }
  }

  @Override
  public void rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y) {
    if (single("rope", x, cos, sin, y)) {
      rows.rope(x, cos, sin, positions, inverse, y);
    } else {
      reference.rope(x, cos, sin, positions, inverse, y);
    }
  }

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {
    if (single("swiGlu", gate, up, y)) {
      elements.swiGlu(gate, up, y);
    } else {
      reference.swiGlu(gate, up, y);
    }
  }

  @Override
  public void swiGluBackward(Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp) {
    if (single("swiGluBackward", gate, up, gy, gGate, gUp)) {
      elements.swiGluBackward(gate, up, gy, gGate, gUp);
    } else {
      reference.swiGluBackward(gate, up, gy, gGate, gUp);
    }
  }

  @Override
  public void attention(Tensor q, Tensor k, Tensor v, Ragged batch, Tensor y, Tensor lse) {
    if (single("attention", q, k, v, y, lse)) {
      attention.forward(AttentionTensors.of(q, k, v, y, lse), batch);
    } else {
      reference.attention(q, k, v, batch, y, lse);
    }
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
    if (single("attentionBackward", q, k, v, y, lse, gy, gq, gk, gv)) {
      attention.backward(
          AttentionTensors.of(q, k, v, y, lse),
          AttentionTensors.Gradients.of(gy, gq, gk, gv),
          batch);
    } else {
      reference.attentionBackward(q, k, v, y, lse, gy, batch, gq, gk, gv);
    }
  }

  @Override
  public void linearLogProb(
      Tensor h, Tensor w, Tensor targets, Tensor y, Tensor stats, @Nullable Tensor keep) {
    if (singleBeside("linearLogProb", w, h, y, stats)) {
      logProbs.forward(h, w, targets, y, stats, keep);
    } else {
      reference.linearLogProb(h, w, targets, y, stats, keep);
    }
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
    if (singleBeside("linearLogProbBackward", w, h, stats, gy)) {
      logProbs.backward(h, w, targets, stats, kept, gy, gh, accumulateH, gw, accumulateW);
    } else {
      reference.linearLogProbBackward(
          h, w, targets, stats, kept, gy, gh, accumulateH, gw, accumulateW);
    }
  }

  @Override
  public void logProb(Tensor logits, Tensor targets, Tensor y, Tensor stats) {
    if (single("logProb", logits, y, stats)) {
      logProbs.ofLogits(logits, targets, y, stats);
    } else {
      reference.logProb(logits, targets, y, stats);
    }
  }

  @Override
  public void softmax(Tensor x, double temperature, Tensor y) {
    if (single("softmax", x, y)) {
      rows.softmax(x, (float) temperature, y);
    } else {
      reference.softmax(x, temperature, y);
    }
  }

  @Override
  public void adamW(
      Tensor p, Tensor g, Tensor m, Tensor v, @Nullable Tensor rounded, AdamWStep step) {
    if (single("adamW", p, g, m, v)) {
      elements.adamW(p, g, m, v, step);
    } else {
      reference.adamW(p, g, m, v, null, step);
    }
    if (rounded != null) {
      copy(p, rounded);
    }
  }

  @Override
  public PackedMatrix pack(DType type, DType arithmetic, long rows, long columns) {
    if (type == DType.F32 || type == DType.BF16) {
      DecodeWarmup.before(type, rows * columns);
      return VectorWeights.allocate(pool, type, rows, columns);
    }
    DeclinedOp.record(name(), "pack", "panels hold F32 or BF16, not " + type);
    return reference.pack(type, arithmetic, rows, columns);
  }

  @Override
  public void linear(Tensor x, PackedMatrix w, Tensor y) {
    if (!(w instanceof VectorWeights weights)) {
      reference.linear(x, w, y);
      return;
    }
    int m = (int) x.shape().dim(0);
    int k = (int) w.columns();
    int n = (int) w.rows();
    linear.apply(weights.panels(), m, HostBuffer.of(x), 0, k, HostBuffer.of(y), 0, n, false);
  }

  @Override
  public void gatherRows(PackedMatrix w, Tensor ids, Tensor y) {
    if (w instanceof VectorWeights weights) {
      rows.gather(weights.panels(), ids, y);
    } else {
      reference.gatherRows(w, ids, y);
    }
  }

  @Override
  public KvPool kvPool(DType arithmetic, int layers, int kvHeads, int headDim, int pages) {
    return new VectorKvPool(layers, kvHeads, headDim, pages);
  }

  @Override
  public void writeKv(KvPool kv, int layer, KvBatch batch, Tensor k, Tensor v) {
    paged.write((VectorKvPool) kv, layer, batch, k, v);
  }

  @Override
  public void pagedAttention(Tensor q, KvPool kv, int layer, KvBatch batch, Tensor y) {
    paged.attention(q, (VectorKvPool) kv, layer, batch, y);
  }
}

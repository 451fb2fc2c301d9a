package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.CudaFailure;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.Buffer;
import dev.gavel.tensor.spi.DeclinedOp;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import dev.gavel.tensor.spi.PackedMatrix;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The CUDA backend: bf16 or f32 on one device and one stream. A call puts kernels on the stream
/// and returns; [#download], and what answers with a number, wait.
///
/// One lock guards everything, because weights are loaded by several threads.
public final class CudaBackend implements Backend {
  private final CudaContext context;
  private final boolean keepsMemory;
  private final DeviceMemory memory;
  private final Elements elements;
  private final Rows rows;
  private final Products products;
  private final LogProbs logProbs;
  private final Attend attend;
  private final Sample sample;
  private boolean saidWhy;

  public CudaBackend(CudaContext context) {
    this(context, true);
  }

  /// @param keepsMemory see [DeviceMemory]; without it steps are nothing special
  CudaBackend(CudaContext context, boolean keepsMemory) {
    this.context = context;
    this.keepsMemory = keepsMemory;
    memory = new DeviceMemory(context, keepsMemory);
    elements = new Elements(context, memory);
    rows = new Rows(context, memory);
    products = new Products(context);
    logProbs = new LogProbs(context, memory, elements, products);
    attend = new Attend(context, memory);
    sample = new Sample(context, memory);
  }

  @Override
  public String name() {
    return "cuda (" + context.name() + ")";
  }

  /// The device, its stream and its kernels: for benches.
  public CudaContext context() {
    return context;
  }

  @Override
  public synchronized void close() {
    attend.close();
    products.close();
    memory.close();
    context.close();
  }

  // ---------------------------------------------------------------- steps

  /// Sends what repeats as CUDA graphs. What the body puts on the stream may get there later than
  /// it seems, but before anybody can see it.
  @Override
  public <T> T step(Supplier<T> body) {
    if (!begin()) {
      return body.get();
    }
    try {
      T result = body.get();
      end();
      return result;
    } catch (RuntimeException | Error e) {
      abandon(e);
      throw e;
    }
  }

  private synchronized boolean begin() {
    if (!keepsMemory || !context.beginStep()) {
      return false;
    }
    attend.forgetPages(); // each step begins with the same free memory
    memory.steps(true);
    return true;
  }

  private synchronized void end() {
    memory.steps(false);
    context.endStep();
    String why = saidWhy ? null : context.whyNoGraphs();
    if (why != null) {
      saidWhy = true;
      DeclinedOp.record("cuda", "step", "launches go one by one: " + why);
    }
  }

  private synchronized void abandon(Throwable e) {
    try {
      end();
    } catch (CudaFailure more) {
      e.addSuppressed(more);
    }
    attend.forgetPages(); // its lists may not have arrived
  }

  // ---------------------------------------------------------------- memory

  @Override
  public synchronized Buffer allocate(long bytes) {
    return memory.allocate(bytes);
  }

  @Override
  public synchronized void free(Buffer buffer) {
    memory.free((DeviceBuffer) buffer);
  }

  @Override
  public synchronized MemoryUse memory() {
    return memory.use();
  }

  @Override
  public synchronized OptionalLong freeMemory() {
    return OptionalLong.of(context.freeMemory() + memory.keptBytes());
  }

  @Override
  public synchronized void upload(MemorySegment source, Tensor y) {
    context.upload(source, address(y));
  }

  @Override
  public synchronized void download(Tensor x, MemorySegment target) {
    context.download(address(x), target);
  }

  @Override
  public synchronized void copy(Tensor x, Tensor y) {
    elements.copy(x, y);
  }

  @Override
  public synchronized void fill(Tensor y, double value) {
    elements.fill(y, value);
  }

  // ---------------------------------------------------------------- element-wise and reductions

  @Override
  public synchronized void unary(UnaryOp op, Tensor x, Tensor y) {
    elements.unary(op, x, y);
  }

  @Override
  public synchronized void binary(BinaryOp op, Tensor a, Tensor b, Tensor y) {
    elements.binary(op, a, b, y);
  }

  @Override
  public synchronized void axpby(double alpha, Tensor x, double beta, Tensor y) {
    elements.axpby(alpha, x, beta, y);
  }

  @Override
  public synchronized void affine(double alpha, Tensor x, double shift, Tensor y) {
    elements.affine(alpha, x, shift, y);
  }

  @Override
  public synchronized void sum(Tensor x, Axis axis, Tensor y) {
    rows.sum(x, axis, y);
  }

  @Override
  public synchronized void rowMax(Tensor x, Tensor y, Tensor index) {
    rows.max(x, y, index);
  }

  @Override
  public double sumOfSquares(Tensor x) {
    return sumOfSquares(List.of(x));
  }

  @Override
  public synchronized double sumOfSquares(List<Tensor> all) {
    return rows.sumOfSquares(all);
  }

  // ---------------------------------------------------------------- rows by index

  @Override
  public synchronized void gatherRows(Tensor table, Tensor ids, Tensor y) {
    rows.gather(table, ids, y);
  }

  @Override
  public synchronized void scatterAddRows(Tensor x, Tensor ids, Tensor table) {
    rows.scatterAdd(x, ids, table);
  }

  // ---------------------------------------------------------------- products

  @Override
  public synchronized void matmul(
      Tensor a, boolean transA, Tensor b, boolean transB, Tensor y, boolean accumulate) {
    products.matmul(a, transA, b, transB, y, accumulate);
  }

  // ---------------------------------------------------------------- fused

  @Override
  public synchronized void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd) {
    rows.rmsNorm(x, w, eps, y, rstd);
  }

  @Override
  public synchronized void rmsNormBackward(
      Tensor x,
      Tensor w,
      Tensor rstd,
      Tensor gy,
      Tensor gx,
      boolean accumulateX,
      Tensor gw,
      boolean accumulateW) {
    rows.rmsNormBackward(x, w, rstd, gy, gx, accumulateX, gw, accumulateW);
  }

  @Override
  public synchronized void rope(
      Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y) {
    rows.rope(x, cos, sin, positions, inverse, y);
  }

  @Override
  public synchronized void swiGlu(Tensor gate, Tensor up, Tensor y) {
    elements.swiGlu(gate, up, y);
  }

  @Override
  public synchronized void swiGluBackward(
      Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp) {
    elements.swiGluBackward(gate, up, gy, gGate, gUp);
  }

  @Override
  public synchronized void attention(
      Tensor q, Tensor k, Tensor v, Ragged batch, Tensor y, Tensor lse) {
    attend.forward(q, k, v, batch, y, lse);
  }

  @Override
  public synchronized void attentionBackward(
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
    attend.backward(q, k, v, y, lse, gy, batch, gq, gk, gv);
  }

  @Override
  public synchronized void linearLogProb(
      Tensor h, Tensor w, Tensor targets, Tensor y, Tensor stats, @Nullable Tensor keep) {
    logProbs.forward(h, w, targets, y, stats, keep);
  }

  @Override
  public synchronized void logProb(Tensor logits, Tensor targets, Tensor y, Tensor stats) {
    logProbs.ofLogits(logits, targets, y, stats);
  }

  @Override
  public synchronized void linearLogProbBackward(
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
    logProbs.backward(h, w, targets, stats, kept, gy, gh, accumulateH, gw, accumulateW);
  }

  @Override
  public synchronized void softmax(Tensor x, double temperature, Tensor y) {
    rows.softmax(x, temperature, y);
  }

  @Override
  public synchronized void adamW(
      Tensor p, Tensor g, Tensor m, Tensor v, @Nullable Tensor rounded, AdamWStep step) {
    elements.adamW(p, g, m, v, rounded, step);
  }

  // ---------------------------------------------------------------- weights at rest

  @Override
  public synchronized PackedMatrix pack(
      DType type, DType arithmetic, long matrixRows, long columns) {
    long bytes = matrixRows * columns * arithmetic.bytes();
    return new CudaMatrix(this, memory.allocate(bytes), type, arithmetic, matrixRows, columns);
  }

  /// Stores rows of a matrix at rest.
  synchronized void put(MemorySegment source, DType from, long address, DType to, long count) {
    if (from == to) {
      context.upload(source, address);
    } else {
      DeviceBuffer stored = memory.allocate(source.byteSize());
      context.upload(source, stored.address());
      elements.cast(from, stored.address(), to, address, count);
      memory.free(stored);
    }
  }

  @Override
  public synchronized void linear(Tensor x, PackedMatrix w, Tensor y) {
    products.linear(x, List.of(w), List.of(y));
  }

  @Override
  public synchronized void linear(Tensor x, List<PackedMatrix> ws, List<Tensor> ys) {
    products.linear(x, ws, ys);
  }

  @Override
  public synchronized void linearAdd(Tensor x, PackedMatrix w, Tensor residual, Tensor y) {
    if (!products.linearAdd(x, (CudaMatrix) w, residual, y)) {
      Backend.super.linearAdd(x, w, residual, y);
    }
  }

  @Override
  public synchronized void linearSwiGlu(Tensor x, PackedMatrix gate, PackedMatrix up, Tensor y) {
    if (!products.linearSwiGlu(x, (CudaMatrix) gate, (CudaMatrix) up, y)) {
      Backend.super.linearSwiGlu(x, gate, up, y);
    }
  }

  @Override
  public synchronized void gatherRows(PackedMatrix w, Tensor ids, Tensor y) {
    rows.gather((CudaMatrix) w, ids, y);
  }

  // ---------------------------------------------------------------- generation

  @Override
  public synchronized KvPool kvPool(
      DType arithmetic, int layers, int kvHeads, int headDim, int pages) {
    return new CudaKvPool(this, memory, arithmetic, layers, kvHeads, headDim, pages);
  }

  @Override
  public synchronized void writeKv(KvPool pool, int layer, KvBatch batch, Tensor k, Tensor v) {
    attend.write((CudaKvPool) pool, layer, batch, k, v);
  }

  @Override
  public synchronized void pagedAttention(
      Tensor q, KvPool pool, int layer, KvBatch batch, Tensor y) {
    attend.paged(q, (CudaKvPool) pool, layer, batch, y);
  }

  @Override
  public synchronized TokenChoice @Nullable [] chooseTokens(Tensor logits, List<TokenAsk> asks) {
    return sample.choose(logits, asks);
  }

  /// Copies inside the device: pages.
  synchronized void copyBytes(long from, long to, long bytes) {
    context.stream().copy(from, to, bytes);
  }
}

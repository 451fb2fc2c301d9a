package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.kernels.AttentionBackwardKernel;
import dev.gavel.cuda.kernels.AttentionBackwardPlan;
import dev.gavel.cuda.kernels.AttentionForwardKernel;
import dev.gavel.cuda.kernels.AttentionShape;
import dev.gavel.cuda.kernels.PagedAttention;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.DeclinedOp;
import dev.gavel.tensor.spi.KvBatch;
import org.jspecify.annotations.Nullable;

/// Attention over whole sequences and over pages. Lists of tiles are made once for a batch and then
/// serve all its layers.
final class Attend implements AutoCloseable {
  private final DeviceMemory memory;
  private final AttentionForwardKernel forward;
  private final AttentionBackwardKernel backward;
  private final PagedAttention paged;
  private final Plans<AttentionForwardKernel.Plan> forwardPlans;
  private final Plans<AttentionBackwardPlan> backwardPlans;
  private final Plans<PagedAttention.Plan> pagedPlans;
  private @Nullable AttentionShape lastShape;

  Attend(CudaContext context, DeviceMemory memory) {
    this.memory = memory;
    forward = new AttentionForwardKernel(context);
    backward = new AttentionBackwardKernel(context);
    paged = new PagedAttention(context);
    forwardPlans = new Plans<>(context, memory, AttentionForwardKernel.Plan::words);
    backwardPlans = new Plans<>(context, memory, AttentionBackwardPlan::words);
    pagedPlans = new Plans<>(context, memory, PagedAttention.Plan::words);
  }

  private static AttentionShape shape(Tensor q, long kvHeads) {
    return new AttentionShape((int) q.shape().dim(1), (int) kvHeads, (int) q.shape().dim(2));
  }

  void forward(Tensor q, Tensor k, Tensor v, Ragged batch, Tensor y, Tensor lse) {
    AttentionShape shape = shape(q, k.shape().dim(1));
    var plan = forwardPlans.of(batch, q.dtype(), shape, () -> forwardPlan(q.dtype(), shape, batch));
    forward.run(
        plan.work(),
        shape,
        new AttentionForwardKernel.Buffers(
            address(q), address(k), address(v), address(y), address(lse)),
        plan.words());
  }

  private AttentionForwardKernel.Plan forwardPlan(DType type, AttentionShape shape, Ragged batch) {
    var plan = forward.plan(type, shape.headSize(), batch);
    if (plan.version() == AttentionForwardKernel.Version.PLAIN) {
      sayPlain("attention", type, shape);
    }
    return plan;
  }

  private static void sayPlain(String operation, DType type, AttentionShape shape) {
    DeclinedOp.record(
        "cuda",
        operation,
        "heads of %d in %s run in plain loops; tensor cores take heads of 64 and 128 in BF16"
            .formatted(shape.headSize(), type));
  }

  void backward(
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
    AttentionShape shape = shape(q, k.shape().dim(1));
    var plan =
        backwardPlans.of(batch, q.dtype(), shape, () -> backwardPlan(q.dtype(), shape, batch));
    DeviceBuffer scratch =
        memory.allocate(AttentionBackwardKernel.scratchBytes(batch.tokens(), shape.heads()));
    backward.run(
        plan.work(),
        shape,
        new AttentionBackwardKernel.Buffers(
            address(q),
            address(k),
            address(v),
            address(y),
            address(lse),
            address(gy),
            address(gq),
            address(gk),
            address(gv)),
        plan.words(),
        scratch.address());
    memory.free(scratch);
  }

  private AttentionBackwardPlan backwardPlan(DType type, AttentionShape shape, Ragged batch) {
    var plan = backward.plan(type, shape.headSize(), batch);
    if (plan.version() == AttentionBackwardKernel.Version.PLAIN) {
      sayPlain("attentionBackward", type, shape);
    }
    return plan;
  }

  // ---------------------------------------------------------------- pages

  void write(CudaKvPool pool, int layer, KvBatch batch, Tensor k, Tensor v) {
    var plan = plan(batch, pool.type(), shapeOf(pool));
    paged.write(plan.work(), pool.layer(layer), address(k), address(v), plan.words());
  }

  /// The shape of the queries that are to come: as those before them, where they fit the pool. A
  /// wrong guess costs a second plan.
  private AttentionShape shapeOf(CudaKvPool pool) {
    return lastShape != null
            && lastShape.kvHeads() == pool.kvHeads()
            && lastShape.headSize() == pool.headDim()
        ? lastShape
        : new AttentionShape(pool.kvHeads(), pool.kvHeads(), pool.headDim());
  }

  void paged(Tensor q, CudaKvPool pool, int layer, KvBatch batch, Tensor y) {
    lastShape = shape(q, pool.kvHeads());
    var plan = plan(batch, pool.type(), lastShape);
    DeviceBuffer scratch = memory.allocate(plan.work().scratchBytes());
    paged.attend(
        plan.work(), pool.layer(layer), address(q), address(y), plan.words(), scratch.address());
    memory.free(scratch);
  }

  /// Lets go of the plan of the last batch of pages.
  void forgetPages() {
    pagedPlans.forget();
  }

  private Plans.Placed<PagedAttention.Plan> plan(KvBatch batch, DType type, AttentionShape shape) {
    return pagedPlans.of(batch, type, shape, () -> paged.plan(type, shape, batch));
  }

  @Override
  public void close() {
    forwardPlans.close();
    backwardPlans.close();
    pagedPlans.close();
  }
}

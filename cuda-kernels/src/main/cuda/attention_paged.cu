// Causal attention of new tokens over a cache: keys and values lie in pages of 64 positions, those of the new tokens included.
//
//     y = softmax(q k^T scale) v over the sequence's positions 0..p for a query at position p
//
// reads       q [T, H, D] bf16; pool bf16: page p of this layer at p * page_stride, keys [KV, 64, D], values the same at
//             value_offset; sequences {first row in q, new tokens, position of the first, its first entry in pages}; pages: the
//             pages of each sequence in order; tiles {sequence, first new token}, made by the host, longest work first
// overwrites  y [T, H, D] bf16, the rows of these sequences
// alignment   16 bytes for q, pool, y
// grid        (H, tiles), 32 Warps threads, sizeof(AttentionTiles) of shared memory
// registers   attention_paged_64 240
// registers   attention_paged_128 255
// test        mvn verify -pl cuda-kernels -am -Dtest=AttentionPagedKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar AttentionPagedKernelBench
//
// Tiles of keys are pages, so a row has the bits that attention_forward gives for the same keys, in whatever pieces a prompt comes.
#include "attention_tiles.h"

template <int D, int M, int Warps>
__device__ __forceinline__ void paged(bf16 *y, const bf16 *q, const bf16 *pool, size_t page_stride, size_t value_offset,
                                      const int4 *sequences, const int *pages, const int2 *tiles, int kv_heads, float scale) {
    using Shared = AttentionTiles<D, M, Warps>;
    DYNAMIC_SHARED(Shared, shared);
    const int2 tile = tiles[blockIdx.y];
    const int4 sequence = sequences[tile.x];
    const int heads = gridDim.x, head = blockIdx.x, kv_head = head / (heads / kv_heads);
    const int rows = sequence.y - tile.y, position = sequence.z + tile.y, time = sequence.z + sequence.y;
    const size_t stride = size_t(heads) * D, at = size_t(sequence.x + tile.y) * stride + head * D;
    pool += size_t(kv_head) * 64 * D;
    pages += sequence.w;
    attend<D, M, Warps>(shared, y + at, nullptr, q + at, rows, position, stride, heads, scale, [&](int stage, int t) {
        const bf16 *page = pool + pages[t] * page_stride;
        shared->k[stage].template fetch<Shared::threads>(page, D, 0, time - t * 64);
        shared->v[stage].template fetch<Shared::threads>(page + value_offset, D, 0, time - t * 64);
    });
}

#define PAGED(name, D, M, Warps)                                                                                          \
    extern "C" __global__ void __launch_bounds__(32 * Warps)                                                              \
    name(bf16 *y, const bf16 *q, const bf16 *pool, long long page_stride, long long value_offset,                         \
         const int4 *sequences, const int *pages, const int2 *tiles, int kv_heads, float scale) {                         \
        paged<D, M, Warps>(y, q, pool, page_stride, value_offset, sequences, pages, tiles, kv_heads, scale);              \
    }                                                                                                                     \
    EXPORT_KERNEL(name)
PAGED(attention_paged_64, 64, 2, 4)
PAGED(attention_paged_128, 128, 2, 4)

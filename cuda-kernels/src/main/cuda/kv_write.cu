// Stores the keys and values of new tokens in their pages.
//
//     pool[page][keys][kv head][slot] = k[token][kv head], the same for values
//
// reads       k, v [T, KV, D] as units of 2 to 16 bytes; slots [T]: 64 page + slot of each token
// overwrites  those rows of the pool: page p of this layer at p * page_stride, keys [KV, 64, D], values the same at value_offset
//             (strides and D counted in units)
// alignment   of a unit
// grid        (ceil(T KV D / 256)), 256 threads
// registers   kv_write_* 32
// test        mvn verify -pl cuda-kernels -am -Dtest=KvWriteKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar KvWriteKernelBench
#include "device.h"

template <class Unit>
__device__ __forceinline__ void kv_write(Unit *pool, const Unit *k, const Unit *v, const int *slots, long long page_stride,
                                         long long value_offset, int tokens, int kv_heads, int D) {
    const long long i = blockIdx.x * 256ll + threadIdx.x;
    const int width = kv_heads * D;
    if (i >= (long long) tokens * width) return;
    const int slot = slots[i / width], head = int(i % width) / D, d = int(i % D);
    Unit *to = pool + slot / 64 * page_stride + (size_t(head) * 64 + slot % 64) * D + d;
    to[0] = k[i];
    to[value_offset] = v[i];
}

#define KV_WRITE(Unit, bytes)                                                                                             \
    extern "C" __global__ void __launch_bounds__(256)                                                                     \
    kv_write_##bytes(Unit *pool, const Unit *k, const Unit *v, const int *slots, long long page_stride,                   \
                     long long value_offset, int tokens, int kv_heads, int D) {                                           \
        kv_write<Unit>(pool, k, v, slots, page_stride, value_offset, tokens, kv_heads, D);                                \
    }                                                                                                                     \
    EXPORT_KERNEL(kv_write_##bytes)
KV_WRITE(uint4, 16)
KV_WRITE(uint32_t, 4)
KV_WRITE(uint16_t, 2)

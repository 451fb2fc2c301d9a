// Device memory, pinned host memory, copies and fills.
#include "driver.h"

#include <cstring>
#include <map>
#include <mutex>

static std::mutex lock;
static std::map<uintptr_t, size_t> &pinned() {
    static std::map<uintptr_t, size_t> all;
    return all;
}
static bool is_pinned(const void *p) {
    std::lock_guard guard(lock);
    auto it = pinned().upper_bound(uintptr_t(p));
    return it != pinned().begin() && uintptr_t(p) - std::prev(it)->first < std::prev(it)->second;
}

// --- allocation -----------------------------------------------------------------------------------------------------

static int allocate(void **p, size_t n) {
    if (!n) return invalid_value;
    if (simt_allocated() + n > total_memory) return out_of_memory;
    return *p = simt_alloc(n), *p ? success : out_of_memory;
}
API cuMemAlloc_v2(Pointer *p, size_t n) { return allocate(reinterpret_cast<void **>(p), n); }
API cuMemFree_v2(Pointer p) {             // waits for the device, as the real one does
    if (!p) return success;
    const int status = drain_all();
    return simt_free(memory(p)) ? status : invalid_value;
}
// While a stream captures, the real ones become nodes of the graph, which our code never wants.
API cuMemAllocAsync(Pointer *p, size_t n, Stream *s) { return s && s->graph ? capture_unsupported : cuMemAlloc_v2(p, n); }
API cuMemFreeAsync(Pointer p, Stream *s) {
    if (s && s->graph) return capture_unsupported;
    if (!simt_inside(p, 1)) return invalid_value;
    return enqueue(s, [=] { return simt_free(memory(p)) ? success : invalid_value; });
}
API cuMemGetInfo_v2(size_t *free, size_t *total) { return *total = total_memory, *free = total_memory - simt_allocated(), success; }

// The pool behind cuMemAllocAsync keeps nothing, so its settings change nothing.
API cuDeviceGetDefaultMemPool(void **pool, int) { static int one; return *pool = &one, success; }
API cuDeviceGetMemPool(void **pool, int device) { return cuDeviceGetDefaultMemPool(pool, device); }
API cuMemPoolSetAttribute(void *, int, void *) { return success; }
API cuMemPoolTrimTo(void *, size_t) { return success; }

API cuMemHostAlloc(void **p, size_t n, unsigned) {
    const int status = allocate(p, n);
    if (status == success) {
        std::lock_guard guard(lock);
        pinned()[uintptr_t(*p)] = n;
    }
    return status;
}
API cuMemAllocHost_v2(void **p, size_t n) { return cuMemHostAlloc(p, n, 0); }
API cuMemFreeHost(void *p) {
    const int status = drain_all();
    std::lock_guard guard(lock);
    return pinned().erase(uintptr_t(p)) && simt_free(p) ? status : invalid_value;
}
API cuMemHostRegister_v2(void *p, size_t n, unsigned) {
    std::lock_guard guard(lock);
    return pinned()[uintptr_t(p)] = n, success;
}
API cuMemHostUnregister(void *p) {
    const int status = drain_all();
    std::lock_guard guard(lock);
    return pinned().erase(uintptr_t(p)) ? status : invalid_value;
}

// --- copies ---------------------------------------------------------------------------------------------------------

static bool is_device(Pointer p, size_t n) { return simt_inside(p, n) && !is_pinned(memory(p)); }

/** Ordinary memory is read before the call returns; pinned memory when the stream comes to it. */
API cuMemcpyHtoDAsync_v2(Pointer to, const void *from, size_t n, Stream *s) {
    if (!is_device(to, n)) return invalid_value;
    if (is_pinned(from)) return enqueue(s, [=] { return memcpy(memory(to), from, n), success; });
    std::vector<char> now(static_cast<const char *>(from), static_cast<const char *>(from) + n);
    return enqueue(s, [=, now = std::move(now)] { return memcpy(memory(to), now.data(), n), success; });
}
/** Into ordinary memory the call returns when the copy is done. */
API cuMemcpyDtoHAsync_v2(void *to, Pointer from, size_t n, Stream *s) {
    if (!is_device(from, n)) return invalid_value;
    const int status = enqueue(s, [=] { return memcpy(to, memory(from), n), success; });
    return status || is_pinned(to) ? status : drain(s);
}
API cuMemcpyDtoDAsync_v2(Pointer to, Pointer from, size_t n, Stream *s) {
    if (!is_device(to, n) || !is_device(from, n)) return invalid_value;
    return enqueue(s, [=] { return memmove(memory(to), memory(from), n), success; });
}
// These run on the default stream: they do not wait for streams made with CU_STREAM_NON_BLOCKING.
API cuMemcpyHtoD_v2(Pointer to, const void *from, size_t n) {
    const int status = cuMemcpyHtoDAsync_v2(to, from, n, nullptr);
    return status ? status : drain(nullptr);
}
API cuMemcpyDtoH_v2(void *to, Pointer from, size_t n) {
    const int status = cuMemcpyDtoHAsync_v2(to, from, n, nullptr);
    return status ? status : drain(nullptr);
}
API cuMemcpyDtoD_v2(Pointer to, Pointer from, size_t n) { return cuMemcpyDtoDAsync_v2(to, from, n, nullptr); }

// --- fills ----------------------------------------------------------------------------------------------------------

template <class T> static int fill(Stream *s, Pointer p, T value, size_t n) {
    if (!is_device(p, n * sizeof(T)) || p % sizeof(T)) return invalid_value;
    return enqueue(s, [=] {
        for (size_t i = 0; i < n; i++) reinterpret_cast<T *>(memory(p))[i] = value;
        return success;
    });
}
API cuMemsetD8Async(Pointer p, unsigned char v, size_t n, Stream *s) { return fill(s, p, v, n); }
API cuMemsetD16Async(Pointer p, unsigned short v, size_t n, Stream *s) { return fill(s, p, v, n); }
API cuMemsetD32Async(Pointer p, unsigned v, size_t n, Stream *s) { return fill(s, p, v, n); }
API cuMemsetD8_v2(Pointer p, unsigned char v, size_t n) { return fill<unsigned char>(nullptr, p, v, n); }
API cuMemsetD16_v2(Pointer p, unsigned short v, size_t n) { return fill<unsigned short>(nullptr, p, v, n); }
API cuMemsetD32_v2(Pointer p, unsigned v, size_t n) { return fill<unsigned>(nullptr, p, v, n); }

// One device with one context, and the words for errors.
#include "driver.h"

#include <cstdio>
#include <cstdlib>
#include <string>

const char *missing_driver_function();    // driver_missing.cpp
static int context;

/** SIMT_SEED in the environment: the random order of the whole process. */
API cuInit(unsigned) {
    if (const char *seed = getenv("SIMT_SEED")) simt_seed(strtoull(seed, nullptr, 10));
    return success;
}
API cuDriverGetVersion(int *v) { return *v = 13000, success; }
API cuDeviceGetCount(int *n) { return *n = 1, success; }
API cuDeviceGet(int *d, int ordinal) { return *d = 0, ordinal ? invalid_value : success; }
API cuDeviceGetName(char *name, int n, int) { return snprintf(name, n, "SIMT emulator"), success; }
API cuDeviceTotalMem_v2(size_t *n, int) { return *n = total_memory, success; }
API cuDeviceComputeCapability(int *major, int *minor, int) { return *major = 9, *minor = 0, success; }
API cuDeviceGetPCIBusId(char *id, int n, int) { return snprintf(id, n, "0000:00:00.0"), success; }

API cuDeviceGetAttribute(int *v, int attribute, int) {
    switch (attribute) {
        case 1: return *v = 1024, success;               // threads per block
        case 2: case 3: return *v = 1024, success;       // ... in x and y
        case 4: return *v = 64, success;                 // ... in z
        case 5: return *v = 0x7fffffff, success;         // blocks in x
        case 6: case 7: return *v = 65535, success;      // ... in y and z
        case 8: return *v = 48 << 10, success;           // shared memory per block
        case 10: return *v = 32, success;                // warp size
        case 12: return *v = 65536, success;             // registers per block
        case 13: return *v = 1000000, success;           // clock, kHz
        case 16: return *v = 2, success;                 // multiprocessors
        case 36: return *v = 1000000, success;           // memory clock, kHz
        case 37: return *v = 64, success;                // memory bus, bits
        case 38: return *v = 1 << 20, success;           // L2 cache, bytes
        case 39: return *v = 2048, success;              // threads per multiprocessor
        case 75: return *v = 9, success;                 // compute capability
        case 76: return *v = 0, success;
        case 81: return *v = int(simt::max_shared) + 1024, success;  // shared memory per multiprocessor
        case 97: return *v = simt::max_shared, success;  // shared memory per block, on request
        case 115: return *v = 1, success;                // memory pools
        default: fprintf(stderr, "SIMT emulator: cuDeviceGetAttribute %d is not emulated\n", attribute); return not_supported;
    }
}

API cuDevicePrimaryCtxRetain(void **c, int) { return *c = &context, success; }
API cuDevicePrimaryCtxRelease_v2(int) { return success; }
API cuCtxCreate_v2(void **c, unsigned, int) { return *c = &context, success; }
API cuCtxDestroy_v2(void *) { return success; }
API cuCtxSetCurrent(void *) { return success; }
API cuCtxGetCurrent(void **c) { return *c = &context, success; }
API cuCtxPushCurrent_v2(void *) { return success; }
API cuCtxPopCurrent_v2(void **c) { return *c = &context, success; }
API cuCtxGetDevice(int *d) { return *d = 0, success; }
API cuCtxSynchronize() { return drain_all(); }

static const struct { int status; const char *name, *text; } errors[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {invalid_ptx, "CUDA_ERROR_INVALID_PTX", "no .version line: not PTX"},
    {not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {not_ready, "CUDA_ERROR_NOT_READY", "device not ready"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", nullptr},
    {not_supported, "CUDA_ERROR_NOT_SUPPORTED", nullptr},
    {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
};

API cuGetErrorName(int status, const char **name) {
    for (auto &e : errors) if (e.status == status) return *name = e.name, success;
    return *name = nullptr, invalid_value;
}

API cuGetErrorString(int status, const char **text) {
    if (status == illegal_address) return *text = simt_error(), success;
    if (status == not_supported) {
        static std::string words;
        words = std::string("not emulated: ") + missing_driver_function();
        return *text = words.c_str(), success;
    }
    for (auto &e : errors) if (e.status == status) return *text = e.text, success;
    return *text = nullptr, invalid_value;
}

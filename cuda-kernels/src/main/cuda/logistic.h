// The logistic function of the gated activation, alike wherever it is computed.
#pragma once
#include "device.h"

__device__ __forceinline__ float logistic(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }

#!/usr/bin/env bash
# streaming.sh [FOLDER]: builds streaming.cu with nvcc in FOLDER (default: a temporary one) and runs it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kernels=$here/../../src/main/cuda
out=${1:-$(mktemp -d)}
mkdir -p "$out"
for source in "$kernels"/{adamw,cast,elementwise,gather,log_prob,reduce,rmsnorm,rope,sample,softmax,swiglu}.cu "$here/streaming.cu"; do
  printf '%s\n' "$source"
done | xargs -P 12 -I{} sh -c '${NVCC:-nvcc} -O3 -std=c++17 -arch='"${ARCH:-sm_90}"' -I '"$kernels"' -c {} -o '"$out"'/$(basename {} .cu).o'
${NVCC:-nvcc} -arch="${ARCH:-sm_90}" -o "$out/streaming" "$out"/*.o
[ "${BUILD_ONLY:-}" ] || "$out/streaming"

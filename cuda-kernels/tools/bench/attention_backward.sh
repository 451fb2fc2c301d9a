#!/usr/bin/env bash
# attention_backward.sh [FOLDER]: builds attention_backward.cu with nvcc in FOLDER (default: a temporary one) and runs it: a GPU of
# compute capability 9.0, 20 s, half of it compiling.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$(mktemp -d)}
mkdir -p "$out"
${NVCC:-nvcc} -O3 -std=c++17 -gencode=arch=compute_90a,code=sm_90a -I "$here/../../src/main/cuda" -o "$out/attention_backward" "$here/attention_backward.cu"
[ "${BUILD_ONLY:-}" ] || "$out/attention_backward"

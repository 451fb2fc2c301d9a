#!/bin/sh
# Builds and runs attention_backward_bench.cu on a machine with a GPU of compute capability 9.0 and nvcc (20 s, half of it compiling).
set -eu
cd "$(dirname "$0")/.."
nvcc -std=c++17 -O3 -gencode=arch=compute_90a,code=sm_90a -I src/main/cuda -o "${TMPDIR:-/tmp}/attention_backward_bench" tools/attention_backward_bench.cu
"${TMPDIR:-/tmp}/attention_backward_bench"

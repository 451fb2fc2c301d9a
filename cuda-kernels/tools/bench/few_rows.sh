#!/usr/bin/env bash
# few_rows.sh [FOLDER]: builds few_rows.cu with nvcc in FOLDER (default: a temporary one) and runs it: 5 GB on a GPU, a minute,
# half of it compiling. KERNELS: the folder of the kernels, where it is not this tree's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$(mktemp -d)}
mkdir -p "$out"
${NVCC:-nvcc} -O3 -std=c++17 -arch="${ARCH:-sm_90}" -I "${KERNELS:-$here/../../src/main/cuda}" ${EXTRA:-} -o "$out/few_rows" "$here/few_rows.cu" -lcublas
[ "${BUILD_ONLY:-}" ] || "$out/few_rows"

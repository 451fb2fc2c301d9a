#!/bin/bash
# attention_forward_bench.sh [wg] [mma] [dec]: compiles every variant of the attention kernels with nvcc, side by side, then measures and checks them on the GPU
# (compute capability 9.0; about 20 s on 16 cores). A variant is its kernel's source with other template arguments.
cd "$(dirname "$0")"; src=$PWD/../src/main/cuda; w=${WORK:-$(mktemp -d)}; NVCC=${NVCC:-nvcc}
variant() {   # variant NAME FILE ARCH LINE
  { sed '/^FORWARD(\|^DECODE(\|^MERGE(/d' "$src/$2"; echo "$4"; } > "$w/$1.cu"
  echo "$NVCC -std=c++17 -arch=$3 -cubin -I$src -o $w/$1.cubin $w/$1.cu"
}
{
  echo "$NVCC -O2 -std=c++17 -arch=sm_90 -o $w/bench $PWD/attention_forward_bench.cu -lcuda"
  for v in 128,1,64 128,1,96 128,2,96 64,1,128 64,1,96 64,1,64; do
    n=wg_${v//,/_}; variant $n attention_forward_wgmma.cu sm_90a "FORWARD($n, $v)"; done
  for v in 128,2,4 128,2,8 64,2,4; do
    n=mma_${v//,/_}; variant $n attention_forward.cu sm_90 "FORWARD($n, $v)"; done
  for v in 128,1,1 128,1,2 128,1,3 128,2,1 128,2,2 128,4,1 128,4,2 128,4,3 64,1,1 64,1,2 64,1,3 64,2,1 64,2,2 64,4,1 64,4,2; do
    n=dec_${v//,/_}; variant $n attention_decode.cu sm_90 "DECODE($n, $v)"; done
  for d in 64 128; do variant attention_decode_merge_$d attention_decode.cu sm_90 "MERGE($d)"; done
} | xargs -P "$(nproc)" -d '\n' -n 1 sh -c
cd "$w" || exit 1
echo "compiled in ${SECONDS} s"; rc=0
for part in ${@:-wg mma dec}; do timeout 60 ./bench $part || { rc=1; echo "part $part failed"; }; done
echo "done in ${SECONDS} s"; exit $rc

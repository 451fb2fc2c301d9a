#!/bin/bash
# attention_decode.sh: compiles every variant of attention_decode.cu with nvcc, side by side, then measures and checks them on the GPU (compute
# capability 9.0). A file attention_decode_before.cu beside the source, if there is one, is measured too (three launches: narrow, wide, merge).
# SRC: where the sources are; WORK: where to build.
cd "$(dirname "$0")"; here=$PWD; src=${SRC:-$here/../../src/main/cuda}; w=${WORK:-$(mktemp -d)}; NVCC=${NVCC:-nvcc}
variant() {   # variant NAME FILE LINE [SED]
  { sed "/^DECODE(\|^MERGE(/d; ${4:-}" "$src/$2"; echo "$3"; } > "$w/$1.cu"
  echo "$NVCC -std=c++17 -arch=sm_90 -cubin -I$src -o $w/$1.cubin $w/$1.cu"
}
{
  echo "$NVCC -O2 -std=c++17 -arch=sm_90 -o $w/bench $here/attention_decode.cu -lcuda"
  for v in 128,1,2 128,2,2 64,2,3 64,3,3; do n=both_${v//,/_}; variant $n attention_decode.cu "DECODE($n, $v, true)"; done
  for v in 128,2,2 64,2,3; do   # blocks of all heads of a part one after the other, so all wide parts before the narrow ones
    n=heads_${v//,/_}; variant $n attention_decode.cu "DECODE($n, $v, true)" 's/blockIdx\.x/blockIdx.@/; s/blockIdx\.y/blockIdx.x/; s/blockIdx\.@/blockIdx.y/; s/gridDim\.y/gridDim.x/'; done
  for v in 128,1,5 128,2,3 128,1,4 64,1,8 64,2,6 64,3,4; do n=narrow_${v//,/_}; variant $n attention_decode.cu "DECODE($n, $v, false)"; done
  for d in 64 128; do n=attention_decode_merge_$d; variant $n attention_decode.cu "MERGE($d)"
    # the same, to be launched while the parts still run (programmatic dependent launch)
    variant pdl_merge_$d attention_decode.cu "MERGE($d)" 's/^    const int sequence = blockIdx\.x/    asm volatile("griddepcontrol.wait;" ::: "memory");\n&/'; done
  if [ -f "$src/attention_decode_before.cu" ]; then
    for v in 128,1,1 128,4,2 64,1,2 64,4,2; do n=before_${v//,/_}; variant $n attention_decode_before.cu "DECODE($n, $v)"; done
    for d in 64 128; do variant before_merge_$d attention_decode_before.cu "MERGE($d)"; done
  fi
} | xargs -P "$(nproc)" -d '\n' -n 1 sh -c
cd "$w" || exit 1
echo "compiled in ${SECONDS} s"
timeout 100 ./bench "$@"; rc=$?
echo "done in ${SECONDS} s"; exit $rc

#!/usr/bin/env bash
# streaming_variants.sh KERNELS [OLD_KERNELS]: builds streaming_variants.cu with nvcc for some variants of the kernels in
# the folder KERNELS, and for the kernels as they were, in parallel, then runs one after the other. Under a minute.
# ONLY=rgsmep: RMSNorm, gather, softmax, max, element-wise, sample (p).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mktemp -d)
jobs=()

# variant NAME FLAGS WHAT SOURCE_FOLDER FILES [SED_FILE SED_EXPRESSION]...
variant() {
  local name=$1 flags=$2 what=$3 from=$4 files="rmsnorm gather softmax reduce elementwise sample"
  local changed=0 edited=
  shift 4
  mkdir -p "$out/$name"
  cp "$from"/*.h "$from"/*.cu "$out/$name/"
  while [ $# -gt 0 ]; do
    cp "$out/$name/$1" "$out/$name/$1.before"
    sed -i "$2" "$out/$name/$1"
    edited+=" ${1%.cu}" changed=1
    if cmp -s "$out/$name/$1" "$out/$name/$1.before"; then echo "$name: nothing to change in $1"; exit 1; fi
    shift 2
  done
  [ $changed = 0 ] || files=${edited}
  for file in $files; do printf '%s\0' "$name" "$flags" "$out/$name/$file.cu"; done >> "$out/list"
  printf '%s\0' "$name" "$flags" "$here/streaming_variants.cu" >> "$out/list"
  jobs+=("$name:$what")
}

new=$1
variant new "" rgsmep "$new"
[ $# -lt 2 ] || variant old "-DOLD -DUNARY=1 -DSPREAD=1" rgsmep "$2"
variant depth "-DUNARY=4 -DSPREAD=4" e "$new" elementwise.cu 's/unary_depth = 2, spread_depth = 2/unary_depth = 4, spread_depth = 4/'
variant three "" r "$new" rmsnorm.cu 's/__launch_bounds__(512) rmsnorm_backward/__launch_bounds__(256, 3) rmsnorm_backward/'
variant copies16 "" p "$new" sample.cu 's/copies = 8, threads/copies = 16, threads/'
variant copies4 "" p "$new" sample.cu 's/copies = 8, threads/copies = 4, threads/'

xargs -0 -n 3 -P 16 bash -c '${NVCC:-nvcc} -O3 -std=c++17 -arch='"${ARCH:-sm_90}"' $2 -I '"$out"'/$1 -c "$3" -o '"$out"'/$1/$(basename "$3" .cu).o' _ < "$out/list"
for job in "${jobs[@]}"; do
  name=${job%%:*}
  cp -n "$out"/new/*.o "$out/$name/"                              # what a variant does not change
  printf '%s\0' "$name"
done | xargs -0 -n 1 -P 6 bash -c '${NVCC:-nvcc} -arch='"${ARCH:-sm_90}"' -o '"$out"'/$1/$1 '"$out"'/$1/*.o' _
echo "built after $SECONDS s"
[ -z "${BUILD_ONLY:-}" ] || exit 0
status=0
for job in "${jobs[@]}"; do
  name=${job%%:*}
  what=${job#*:}
  [ -z "${ONLY:-}" ] || what=$(grep -o "[$ONLY]" <<< "$what" | tr -d '\n' || true)
  [ -z "$what" ] || (cd "$out/$name" && "./$name" "$what") || status=1
done
echo "done after $SECONDS s"
exit $status

#!/usr/bin/env bash
# Makes the peers ready outside the tree: a Python environment with PyTorch, transformers, TRL and llama.cpp, OpenBLAS, the probe of the
# machine's limits, and a random-weight model of the 1B shape. Run again, it makes only what is missing. Last it prints what is there.
#
#   GAVEL_PEERS=DIR bench/peers/setup.sh [--no-models] [--tokenizer DIR]     (default folder: ~/.cache/gavel-peers)
#
# --tokenizer DIR copies that tokenizer (tokenizer.json, or tokenizer.json.gz) into the 1B folder, so that text commands work on it
# too; it may be given later.
set -uo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
peers="${GAVEL_PEERS:-$HOME/.cache/gavel-peers}"
export GAVEL_PEERS="$peers"
models=true
tokenizer=()
while [ $# -gt 0 ]; do
  case "$1" in
    --no-models) models=false; shift ;;
    --tokenizer) tokenizer=(--tokenizer "$2"); shift 2 ;;
    *) echo "setup.sh: unknown option $1; options are --no-models and --tokenizer DIR" >&2; exit 2 ;;
  esac
done
mkdir -p "$peers/bin" "$peers/log" "$peers/models"
python="$peers/venv/bin/python"

attempt() { # attempt NAME COMMAND...: runs it with its output in a log; a failure is reported at the end, not fatal
  local name="$1"
  shift
  echo "$name ..." >&2
  "$@" > "$peers/log/$name.log" 2>&1 || echo "$name failed: see $peers/log/$name.log" >&2
}

has() { [ -x "$python" ] && "$python" -c "import $1" > /dev/null 2>&1; }

[ -x "$python" ] || attempt venv python3 -m venv "$peers/venv"
has trl || attempt torch "$python" -m pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 trl==1.16.0 \
  accelerate==1.15.0 datasets==5.2.0 peft numpy==2.4.6

# llama.cpp comes as the source that its Python package carries; it is compiled for this processor.
export CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_CURL=OFF"
has llama_cpp || attempt llama.cpp "$python" -m pip install --no-binary llama-cpp-python llama-cpp-python==0.3.36
has gguf || attempt gguf "$python" -m pip install gguf==0.19.0

attempt limits gcc -O3 -pthread "$here/limits.c" -o "$peers/bin/limits"
attempt openblas_peer gcc -O2 "$here/openblas_peer.c" -ldl -o "$peers/bin/openblas_peer"

openblas() { # Debian's package, unpacked rather than installed; its Fortran run-time library comes along
  cd "$peers" && mkdir -p openblas && apt-get download libopenblas0-pthread libgfortran5 libquadmath0 || return
  for package in libopenblas0-pthread_*.deb libgfortran5_*.deb libquadmath0_*.deb; do
    dpkg -x "$package" openblas && rm "$package" || return
  done
}
library() { find "$peers/openblas" -name libopenblas.so.0 2> /dev/null | head -n 1; }
[ -n "$(library)" ] || attempt openblas openblas

starter() { # starter NAME COMMAND: an executable that speaks the protocol of peer.py
  printf '#!/bin/sh\nexport GAVEL_PEERS="%s"\n%s\n' "$peers" "$2" > "$peers/bin/$1"
  chmod +x "$peers/bin/$1"
}
starter torch "exec \"$python\" \"$here/torch_peer.py\""
starter llama.cpp "exec \"$python\" \"$here/llama_peer.py\""
blas="$(library)"
paths="$(dirname "$(dirname "$blas")")"
starter openblas-avx2 "OPENBLAS_CORETYPE=Haswell LD_LIBRARY_PATH=\"$paths\" exec \"$peers/bin/openblas_peer\" \"$blas\""
starter openblas-avx512 "OPENBLAS_CORETYPE=SkylakeX LD_LIBRARY_PATH=\"$paths\" exec \"$peers/bin/openblas_peer\" \"$blas\""

if $models && has torch && [ ! -s "$peers/models/1b/config.json" ]; then
  gguf=()
  has gguf && gguf=(--gguf "$peers/models/1b.gguf")
  attempt model_1b "$python" "$here/make_model.py" --shape 1b --out "$peers/models/1b" ${gguf[@]+"${gguf[@]}"}
fi

if [ ${#tokenizer[@]} -gt 0 ] && [ -s "$peers/models/1b/config.json" ] && [ ! -s "$peers/models/1b/tokenizer.json" ]; then
  copy_tokenizer() {
    for file in tokenizer.json tokenizer_config.json; do
      if [ -f "$1/$file" ]; then cp "$1/$file" "$peers/models/1b/" && chmod u+w "$peers/models/1b/$file"; fi
    done
    [ -f "$peers/models/1b/tokenizer.json" ] || gzip -dc "$1/tokenizer.json.gz" > "$peers/models/1b/tokenizer.json"
  }
  attempt tokenizer copy_tokenizer "${tokenizer[1]}"
fi

missing=0
report() { # report WHAT TEST...
  local what="$1"
  shift
  if "$@" > /dev/null 2>&1; then echo "ready    $what"; else echo "MISSING  $what"; missing=1; fi
}
answers() { printf '%s\n{"work":"quit"}\n' "$2" | "$peers/bin/$1" 2> /dev/null | grep -qv '"error"'; }
report "PyTorch and transformers (bin/torch)" answers torch '{"work":"hello"}'
report "llama.cpp (bin/llama.cpp)" answers llama.cpp '{"work":"hello"}'
report "OpenBLAS on AVX2 (bin/openblas-avx2)" answers openblas-avx2 '{"work":"hello"}'
if grep -qm1 avx512f /proc/cpuinfo; then report "OpenBLAS on AVX-512 (bin/openblas-avx512)" answers openblas-avx512 '{"work":"hello"}'; fi
report "the machine's limits (bin/limits)" answers limits '{"work":"fma","isa":"avx2","seconds":0.01}'
report "the 1B model (models/1b)" test -s "$peers/models/1b/config.json"
report "the 1B model for llama.cpp (models/1b.gguf)" test -s "$peers/models/1b.gguf"
echo "folder   $peers"
exit $missing

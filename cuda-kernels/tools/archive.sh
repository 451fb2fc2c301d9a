#!/usr/bin/env bash
# archive.sh JRE OUT.tar.xz: all of Gavel for a machine that has a GPU and its driver, but neither JDK nor network: a small
# Java, the command, the benches, JCuda's libraries, the kernels, and their tests. `mvn -Parchive package` calls it.
#
# There, with cuBLAS 12 or 13 in a usual place, or named by GAVEL_JAVA_OPTS=-Dgavel.cuda.libs=FOLDER:
#
#   tar xf OUT.tar.xz          (or: python3 -m tarfile -e OUT.tar.xz)
#   gavel-gpu/run.sh tests     every kernel on the device against plain loops
#   gavel-gpu/run.sh doctor --device cuda --full true
#   gavel-gpu/run.sh bench gpu
#   gavel-gpu/run.sh COMMAND...
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jre=${1:?usage: archive.sh JRE OUT.tar.xz}
out=${2:?usage: archive.sh JRE OUT.tar.xz}
limit=$((60 << 20))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gpu=$work/gavel-gpu
mkdir -p "$gpu"

cp -r "$jre" "$gpu/jre"

# The same places as in the tree, so that the launcher works as it is; a file that stands twice is linked.
mkdir -p "$gpu/cli/target" "$gpu/bench/target" "$gpu/tests"
cp "$home/gavel" "$gpu"
cp -r "$home/cli/target/lib" "$gpu/cli/target"
if [ -f "$home/bench/target/benchmarks.jar" ]; then
  cp "$home/bench/target/benchmarks.jar" "$gpu/bench/target"
  cp -r "$home/bench/target/lib" "$gpu/bench/target"
  touch "$gpu/bench/target/built"
  mkdir -p "$gpu/bench/peers"
  cp "$home/bench/peers/torch_gpu_peer.py" "$gpu/bench/peers"
fi
cp -r "$home/cuda-kernels/target/test-lib" "$gpu/tests/lib"
cp "$home"/cuda-kernels/target/gavel-cuda-*.jar "$gpu/tests/lib"
for folder in "$gpu/bench/target/lib" "$gpu/tests/lib"; do
  for file in "$folder"/*.jar; do
    twin=$gpu/cli/target/lib/$(basename "$file")
    if cmp -s "$file" "$twin"; then ln -f "$twin" "$file"; fi
  done
done
(cd "$home/cuda-kernels/src/test/java" && find . -name '*KernelTest.java' | sed -e 's|^\./||' -e 's|/|.|g' -e 's|\.java$||' | sort) >"$gpu/tests/classes"

cat >"$gpu/run.sh" <<'RUN'
#!/usr/bin/env bash
# run.sh tests [CLASS...]   the kernels' tests on the device
# run.sh COMMAND...         any command of gavel
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export GAVEL_JAVA_HOME=$here/jre
if [ "${1:-}" != tests ]; then exec "$here/gavel" "$@"; fi
shift
[ $# -gt 0 ] || mapfile -t classes <"$here/tests/classes"
read -r -a more <<<"${GAVEL_JAVA_OPTS:-}"
exec "$here/jre/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Dgavel.cuda.device=true \
  ${more[@]+"${more[@]}"} -cp "$here/tests/lib/*" dev.gavel.cuda.emulator.RunTests "${classes[@]-"$@"}"
RUN
chmod +x "$gpu/run.sh"

# It works with nothing but itself.
env -i PATH=/usr/bin:/bin HOME="$work" "$gpu/run.sh" --version
env -i PATH=/usr/bin:/bin HOME="$work" "$gpu/run.sh" tests dev.gavel.cuda.planted.PlantedBugTest
rm -f "$gpu"/cli/target/*.aot

tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - gavel-gpu | xz -9 -T2 >"$out.new"
mv "$out.new" "$out"
size=$(stat -c %s "$out")
echo "$out: $((size >> 20)) MiB"
[ "$size" -lt "$limit" ] || { echo "larger than $((limit >> 20)) MiB" >&2; exit 1; }

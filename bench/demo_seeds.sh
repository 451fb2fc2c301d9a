#!/usr/bin/env bash
# Whether the demo learns: runs it in full with several seeds and holds each against the bar.
#
#   bench/demo_seeds.sh [FOLDER] [SEED...]      (default: a new temporary folder, seeds 1 2 3)
#
# A folder that is given keeps the demos, so that the same call goes on where it was stopped. Exit 1
# when a seed misses a bar.
set -euo pipefail

home=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
shift || true
[ $# -gt 0 ] || set -- 1 2 3
mkdir -p "$folder"

# The figures of one table in one line: right mark; Maj@1, Maj@32 and votes without verdict in-domain;
# the same out of domain.
figures() {
  awk '
    /^in-domain /  { one = $(NF - 4); all = $(NF - 2); none = $NF }
    /^OOD mean /   { far = $(NF - 4) " " $(NF - 2) " " $NF }
    /^right mark:/ { mark = $3 }
    END            { print mark, one, all, none, far }' "$1"
}

for seed in "$@"; do
  table=$folder/table-$seed.txt
  start=$SECONDS
  "$home/gavel" demo --seed "$seed" --output_dir "$folder/demo-$seed" >"$table.part" 2>"$folder/log-$seed.txt" \
    || { echo "seed $seed failed:" >&2; tail -3 "$folder/log-$seed.txt" >&2; exit 1; }
  mv "$table.part" "$table"
  echo "seed $seed: $((SECONDS - start)) s" >&2
done

for seed in "$@"; do
  echo "$seed $(figures "$folder/table-$seed.txt")"
done | awk '
  function bar(name, found, ok) { if (!ok) { missed++; why = why sprintf("  seed %s: %s is %s\n", $1, name, found) } }
  BEGIN {
    print "seed  right mark   in-domain: Maj@1  Maj@32  no verdict   out of domain: Maj@1  Maj@32  no verdict"
  }
  {
    printf "%4s  %10s  %17s %7s %11s  %21s %7s %11s\n", $1, $2, $3, $4, $5, $6, $7, $8
    bar("the right mark (above 0.9)", $2, $2 > 0.9)
    bar("Maj@32 in-domain (65 to 80)", $4, $4 >= 65 && $4 <= 80)
    bar("Maj@32 out of domain (70 to 85)", $7, $7 >= 70 && $7 <= 85)
    bar("the gain of 32 votes in-domain (6 or more)", $4 - $3, $4 - $3 >= 6)
    bar("votes without verdict in-domain (under 4)", $5, $5 < 4)
    bar("votes without verdict out of domain (under 4)", $8, $8 < 4)
  }
  END {
    printf "%s", missed ? "missed:\n" why : "every seed meets the bar\n"
    exit missed > 0
  }'

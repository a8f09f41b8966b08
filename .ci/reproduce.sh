#!/usr/bin/env bash
# Builds what a release ships for one target twice, in two folders, and compares. Of the last commit:
#
#     .ci/reproduce.sh [TARGET]     # default: as .ci/package.sh; exit 1 unless both give the same bytes
#
# It needs twice the time of a release build, and 3 GB in TMPDIR.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
# The folders have names of different lengths, and so has Cargo's own.
for folder in "$work/one" "$work/another/two"; do
  mkdir -p "$folder"
  git archive HEAD | tar --extract --directory "$folder"
  ln -s "${CARGO_HOME:-$HOME/.cargo}" "$folder-cargo"
  (cd "$folder" &&
    env -u CARGO_TARGET_DIR -u RUSTFLAGS CARGO_INCREMENTAL=0 CARGO_HOME="$folder-cargo" .ci/package.sh "$@" >/dev/null)
  # Not of the bill of materials, which has a number and a date of its own.
  find "$folder/target/package" -name '*.tar.gz.sha256' -exec cat {} + -o -name '*.zip.sha256' -exec cat {} + |
    tee "$work/sums-${folder##*/}"
  # So that the second build can take nothing from the first.
  rm -rf "$folder"
done
[[ -s $work/sums-one ]]
cmp "$work/sums-one" "$work/sums-two"
echo 'reproduce: both builds are the same'

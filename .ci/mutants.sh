#!/usr/bin/env bash
# Plants faults in the lines that changed, and prints which of them no test notices: whoever reviews the change reads it (docs/CONTRIBUTING.md).
#
#     .ci/mutants.sh [OPTION...]     # options of tests/mutants, instead of those for a change
set -euo pipefail
cd "$(dirname "$0")/.."

work="${XDG_CACHE_HOME:-$HOME/.cache}/kubetemper-ci/mutants"
mkdir -p "$work"
CARGO_PROFILE_DEV_DEBUG=0 cargo build --quiet --locked --manifest-path tests/mutants/Cargo.toml --target-dir "$work/tool"

# Since where the branch left the main one; on the main one itself, since the landing before.
since() {
  local base
  for base in origin/main main; do
    base="$(git merge-base HEAD "$base" 2>/dev/null)" || continue
    [[ "$base" == "$(git rev-parse HEAD)" ]] || { echo "$base"; return; }
  done
  git rev-parse --verify --quiet HEAD~1 || git rev-parse HEAD
}

if [[ $# == 0 ]]; then
  set -- --diff "$(since)" --cap 120 --threshold 0
fi
# Not with the flags of other steps.
exec env -u RUSTC_WORKSPACE_WRAPPER "$work/tool/debug/mutants" --work "$work" "$@"

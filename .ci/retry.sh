# shellcheck shell=bash
# To be sourced. retry COMMAND...: up to four times, with a longer pause each time; its output goes to stderr.
retry() {
  local try
  for try in 1 2 3 4; do
    "$@" >&2 && return
    echo "try $try of 4 failed: $*" >&2
    [[ $try == 4 ]] || sleep $((try * try * 2))
  done
  return 1
}

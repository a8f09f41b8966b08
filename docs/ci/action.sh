#!/usr/bin/env bash
# What action.yml runs: annotations, the summary of the job, on demand a comment and a SARIF log. Exits as `check` does.
set -euo pipefail

read -r -d '' -a paths <<<"${INPUT_PATHS:-.}" || true
read -r -d '' -a args <<<"${INPUT_ARGS:-}" || true
scratch=$RUNNER_TEMP/kubetemper
binary=${INPUT_BINARY:-}
mkdir -p "$scratch"

if [[ -z $binary ]]; then
  echo '::group::Build kubetemper'
  cargo install --locked --path "$GITHUB_ACTION_PATH" --root "$scratch" --target-dir "$scratch/target"
  echo '::endgroup::'
  binary=$scratch/bin/kubetemper
fi

# check FORMAT: the report on standard output; its status is that of the first run.
check() { "$binary" check --format "$1" ${args[@]+"${args[@]}"} -- "${paths[@]}"; }

status=0
check github || status=$?
echo "status=$status" >>"$GITHUB_OUTPUT"

check markdown >"$scratch/comment.md" 2>/dev/null || true
if [[ ! -s $scratch/comment.md ]]; then
  exit "$status" # The arguments are wrong: the annotations' run has said so.
fi
cat "$scratch/comment.md" >>"$GITHUB_STEP_SUMMARY"

if [[ -n ${INPUT_SARIF:-} ]]; then
  check sarif >"$INPUT_SARIF" 2>/dev/null || true
fi

# comment NUMBER: renews the comment of an earlier run, else writes one.
comment() {
  local issues="repos/$GITHUB_REPOSITORY/issues" found
  local ours='.[] | select(.user.type == "Bot" and (.body | startswith("<!-- kubetemper -->"))) | .id'
  found=$(gh api --paginate "$issues/$1/comments" --jq "$ours") || return
  if [[ -n $found ]]; then
    gh api --silent --method PATCH "$issues/comments/${found%%$'\n'*}" --field "body=@$scratch/comment.md"
  else
    gh api --silent --method POST "$issues/$1/comments" --field "body=@$scratch/comment.md"
  fi
}

if [[ ${INPUT_COMMENT:-} == true ]]; then
  number=$(jq -r '.pull_request.number // empty' "$GITHUB_EVENT_PATH")
  if [[ -n $number ]] && ! comment "$number"; then
    # The token of a pull request from a fork may only read.
    echo '::warning title=kubetemper::the comment could not be written; the summary of the job has it'
  fi
fi

exit "$status"

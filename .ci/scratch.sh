#!/usr/bin/env bash
# Proves what the Dockerfile promises: the binary runs alone in an empty root that is read-only, as nobody, without a
# network, with no environment; as a filter and as a KRM function.
#
#     .ci/scratch.sh BINARY
#
# It needs no container runtime: an empty folder stands for the image. Where docker runs, the image is built and tried too.
set -euo pipefail
shopt -s inherit_errexit
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "scratch: $*" >&2
  exit 1
}

linked=$(ldd "$binary" 2>&1 || true)
grep --quiet --extended-regexp 'statically linked|not a dynamic executable' <<<"$linked" ||
  fail "$binary is not static: $linked"
echo 'scratch: the binary needs no library and no interpreter'

# What is sent: a stream, and what kustomize sends to a function.
stream=examples/chart-rendered.yaml
cat >"$scratch/list.yaml" <<'YAML'
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: kubetemper.dev/v1alpha1
  kind: Hardening
  metadata: {name: kubetemper}
  spec: {maxRisk: high}
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
    annotations: {internal.config.kubernetes.io/index: "0"}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        containers:
        - {name: web, image: nginx:1.27}
YAML

# compare LABEL COMMAND...: the command, which runs the binary somewhere, says what the binary says here.
compare() {
  local label=$1
  shift
  "$binary" --no-config <"$stream" >"$scratch/wanted" 2>/dev/null
  "$@" --no-config <"$stream" >"$scratch/found" 2>"$scratch/errors" || fail "$label: $(cat "$scratch/errors")"
  cmp "$scratch/wanted" "$scratch/found"
  cmp --silent "$stream" "$scratch/found" && fail "$label: nothing was hardened"
  "$@" <"$scratch/list.yaml" >"$scratch/found" 2>"$scratch/errors" || fail "$label: $(cat "$scratch/errors")"
  for word in 'kind: ResourceList' 'allowPrivilegeEscalation: false' 'results:' 'severity: info'; do
    grep --quiet --fixed-strings "$word" "$scratch/found" || fail "$label: no \"$word\" in the answer to a ResourceList"
  done
  if "$@" check - <"$stream" >/dev/null 2>&1; then fail "$label: check found nothing"; else [[ $? == 1 ]]; fi
  if "$@" <<<$'apiVersion: v1\nkind: Pod\nkind: Pod' >"$scratch/found" 2>/dev/null; then fail "$label: took a duplicate key"; else [[ $? == 2 ]]; fi
  [[ ! -s $scratch/found ]] || fail "$label: printed something although it failed"
  echo "scratch: $label: a filter, a function, a check"
}

mkdir "$scratch/root"
install -m 555 "$binary" "$scratch/root/kubetemper"
chmod 755 "$scratch"

# As root the user can be nobody; another user becomes root of a namespace of its own, which owns nothing outside.
if [[ $(id -u) == 0 ]]; then
  isolate=(unshare --mount --net --ipc --uts) user=(--userspec=65534:65534 --groups=)
else
  isolate=(unshare --user --map-root-user --mount --net --ipc --uts) user=()
fi
in_scratch() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  env -i PATH="$PATH" "${isolate[@]}" sh -c '
    mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && root=$1 && shift &&
    if touch "$root/written" 2>/dev/null; then echo "the root can be written" >&2; exit 3; fi &&
    exec env -i "$(command -v chroot)" '"${user[*]}"' "$root" /kubetemper "$@"
  ' sh "$scratch/root" "$@"
}
if "${isolate[@]}" sh -c "mount --bind '$scratch/root' '$scratch/root'" 2>"$scratch/errors"; then
  compare "an empty root, read-only, no network, user ${user[*]:-of a namespace}" in_scratch
else
  echo "scratch: SKIPPED the empty root, since namespaces are not permitted here: $(cat "$scratch/errors")"
fi

# As kustomize runs functions.
in_docker() {
  docker run --interactive --rm --network none --user nobody --security-opt no-new-privileges --read-only kubetemper-ci "$@"
}
if docker info >/dev/null 2>&1; then
  mkdir -p "$scratch/context/target/package/linux-amd64" "$scratch/context/target/package/linux-arm64"
  cp Dockerfile "$scratch/context"
  case $(uname -m) in x86_64) architecture=amd64 ;; *) architecture=arm64 ;; esac
  cp "$binary" "$scratch/context/target/package/linux-$architecture/kubetemper"
  DOCKER_BUILDKIT=1 docker build --quiet --build-arg BINARY=prebuilt --tag kubetemper-ci "$scratch/context" >/dev/null
  compare 'the image' in_docker
else
  echo 'scratch: SKIPPED the image, since no docker daemon runs here'
fi

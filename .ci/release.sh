#!/usr/bin/env bash
# What a release holds beside the archives that .ci/package.sh has put into target/package:
#
#     .ci/release.sh vX.Y.Z              # fails unless the sources say X.Y.Z everywhere, and all archives are there
#     .ci/release.sh --try               # for this version, with the archives that are there
#
#     kubetemper-helm-plugin.tgz    for `helm plugin install`
#     temper.yaml                   the krew manifest
#     SHA256SUMS                    of everything
#
# PYTHON names one with pyyaml, see tools.sh.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
out=target/package

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
tag=${1:?the tag of the release, or --try}
present=()
if [[ $tag == --try ]]; then
  tag=v$version
  present=(--present)
fi

# same FILE VERSION: what else names the version.
same() {
  if [[ $2 != "${tag#v}" ]]; then
    echo "release: $1 says version \"$2\", but the release is $tag" >&2
    exit 1
  fi
}
same Cargo.toml "$version"
same docs/helm-plugin/plugin.yaml "$(sed -n 's/^version: //p' docs/helm-plugin/plugin.yaml)"
if [[ ${#present[@]} == 0 ]]; then
  grep --quiet --fixed-strings "## [${tag#v}]" docs/CHANGELOG.md || same docs/CHANGELOG.md 'Unreleased'
fi

tar --create --gzip --file "$out/kubetemper-helm-plugin.tgz" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
  --transform 's,^docs/helm-plugin,kubetemper-helm-plugin,' docs/helm-plugin/plugin.yaml
"$python" .ci/krew.py "$tag" "$out" ${present[@]+"${present[@]}"} >"$out/temper.yaml"

cd "$out"
rm -f SHA256SUMS
find . -maxdepth 1 -type f ! -name "*.sha256" -printf "%P\n" | LC_ALL=C sort | xargs sha256sum >../SHA256SUMS
mv ../SHA256SUMS .
sha256sum --check --quiet SHA256SUMS
cat SHA256SUMS

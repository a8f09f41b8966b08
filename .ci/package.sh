#!/usr/bin/env bash
# Builds what a release ships for one target, into target/package/:
#
#     .ci/package.sh [TARGET]      # default: this machine's, linked statically
#
#     kubetemper-TARGET.tar.gz     the binary, completions, manual pages, licences (.zip for Windows)
#     kubetemper-TARGET.cdx.json   its software bill of materials, if cargo-cyclonedx is installed; RELEASE=1 insists on it
#     *.sha256                     the checksum of each
#     linux-ARCH/kubetemper        the binary, where the Dockerfile looks for it
#
# What the target needs beyond Rust (a linker for another architecture) must be there: .github/workflows/release.yml.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

host=$(rustc --version --verbose | sed -n 's/^host: //p')
target=${1:-$host}
out=target/package
name=kubetemper-$target
suffix=''
# Where it is built and where the sources of dependencies lie must not show: anybody can build the same bytes (reproduce.sh).
native() { if command -v cygpath >/dev/null; then cygpath --windows "$1"; else echo "$1"; fi; }
settings="--remap-path-prefix=$(native "$PWD")=. --remap-path-prefix=$(native "${CARGO_HOME:-$HOME/.cargo}")=cargo"
# With a name of its own for the target's flags, so that build scripts of the host are left alone.
flags=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")_RUSTFLAGS
case $target in
  # Static glibc and not musl, whose allocator makes all threads wait for each other.
  *-linux-gnu*) settings+=' -C target-feature=+crt-static' ;;
  *-windows-*) suffix=.exe && settings+=' -C target-feature=+crt-static' ;;
esac
export "$flags=$settings"

cargo build --release --locked --bin kubetemper --target "$target"
built=${CARGO_TARGET_DIR:-target}/$target/release/kubetemper$suffix
mkdir -p "$out"

# Completions and pages are the same for all targets: a binary that this machine can run makes them.
runner=$built
if [[ $target != "$host" ]]; then
  cargo build --release --locked --bin kubetemper
  runner=${CARGO_TARGET_DIR:-target}/release/kubetemper
  [[ -x $runner ]] || runner=$runner.exe
fi

# The folder is packed as it is, so that nothing of an earlier run may be left in it.
folder=$out/$name
rm -rf "$folder"
mkdir -p "$folder/completions"
install -m 755 "$built" "$folder/kubetemper$suffix"
"$runner" completions bash >"$folder/completions/kubetemper.bash"
"$runner" completions zsh >"$folder/completions/_kubetemper"
"$runner" completions fish >"$folder/completions/kubetemper.fish"
"$runner" completions powershell >"$folder/completions/_kubetemper.ps1"
"$runner" completions elvish >"$folder/completions/kubetemper.elv"
"$runner" man --output "$folder/man"
install -m 644 LICENSE LICENSE-APACHE LICENSE-MIT README.md docs/CHANGELOG.md "$folder"

# pack FILE: the folder as one archive, the same bytes for the same content.
pack() {
  python3 - "$folder" "$1" <<'PY'
import gzip, pathlib, sys, tarfile, zipfile

folder, archive = map(pathlib.Path, sys.argv[1:])
files = sorted(path for path in folder.rglob("*") if path.is_file())


def mode(path):
    return 0o755 if path.name in ("kubetemper", "kubetemper.exe") else 0o644


if archive.suffix == ".zip":
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in files:
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, mode(path) << 16
            out.writestr(info, path.read_bytes())
else:
    with open(archive, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as out:
            for path in files:
                info = tarfile.TarInfo(path.relative_to(folder).as_posix())
                info.size, info.mode = path.stat().st_size, mode(path)
                with open(path, "rb") as content:
                    out.addfile(info, content)
PY
}

checksum() { (cd "$out" && { sha256sum "$1" 2>/dev/null || shasum --algorithm 256 "$1"; } >"$1.sha256"); }

archive=$name.tar.gz
[[ -z $suffix ]] || archive=$name.zip
pack "$out/$archive"
checksum "$archive"

if cargo cyclonedx --version >/dev/null 2>&1; then
  cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$target" --override-filename "$name.cdx"
  # Where it was built is nobody's business, and differs from machine to machine.
  sed "s|$PWD|.|g" "$name.cdx.json" >"$out/$name.cdx.json"
  rm "$name.cdx.json"
  checksum "$name.cdx.json"
elif [[ -n ${RELEASE:-} ]]; then
  echo 'package: there is no cargo-cyclonedx, and a release needs its bill of materials: cargo install cargo-cyclonedx' >&2
  exit 1
else
  echo 'package: no bill of materials, since cargo-cyclonedx is not installed' >&2
fi

case $target in
  x86_64-*-linux-*) architecture=amd64 ;;
  aarch64-*-linux-*) architecture=arm64 ;;
  *) architecture='' ;;
esac
if [[ -n $architecture ]]; then
  install -D -m 755 "$built" "$out/linux-$architecture/kubetemper"
fi
rm -rf "$folder"
echo "$out/$archive"

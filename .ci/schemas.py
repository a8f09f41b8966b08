"""Checks hardened manifests of a corpus against the strict schemas of several Kubernetes versions.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/schemas.py target/release/kubetemper ../shared/corpus

For each version the corpus is hardened with that version as the target, once with the defaults and once with everything
flipped and the strict profile. Every changed object that the schemas accepted before must be accepted after.
"""

import json
import multiprocessing
import pathlib
import shutil
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

VERSIONS = ("1.25", "1.30", "1.37")
RUNS = ((), ("--override", "--max-risk", "high", "--profile", "strict"))
WORKERS = 2


def accepted(document, version):
    try:
        kubernetes_validate.validate(document, version, strict=True)
        return True
    except Exception:  # noqa: BLE001: the package raises many kinds, all of them mean "not accepted"
        return False


def reason(document, version):
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except Exception as error:  # noqa: BLE001
        return str(error).splitlines()[0][:300]
    return ""


def documents(text):
    try:
        return list(yaml.load_all(text, yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError):
        return []


def compare(job):
    """Of one file: how many changed objects were checked, and what is no longer accepted."""
    before, after, version = job
    checked, lost = 0, []
    for old, new in zip(documents(before.read_text()), documents(after.read_text())):
        if old == new or not isinstance(new, dict):
            continue
        if accepted(old, version):
            checked += 1
            if not accepted(new, version):
                lost.append(f"{before.name}: {new.get('kind')} for {version}: {reason(new, version)}")
    return checked, lost


def main(binary, corpus):
    binary = pathlib.Path(binary).resolve()
    checked, lost = 0, []
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool(WORKERS) as pool:
        original = pathlib.Path(folder, "before")
        shutil.copytree(corpus, original, ignore=shutil.ignore_patterns("_*"))
        for version in VERSIONS:
            for flags in RUNS:
                hardened = pathlib.Path(folder, "after")
                shutil.rmtree(hardened, ignore_errors=True)
                shutil.copytree(original, hardened)
                subprocess.run(["chmod", "-R", "u+w", hardened], check=True)
                report = pathlib.Path(folder, "report.json")
                command = [binary, "fix", "-q", "--no-config", "--target", version, *flags, "--report", report, "."]
                subprocess.run(command, cwd=hardened, capture_output=True, check=False)
                files = [file["path"] for file in json.loads(report.read_text())["files"] if file["status"] == "changed"]
                jobs = [(original / path, hardened / path, version) for path in files]
                for count, losses in pool.imap_unordered(compare, jobs, chunksize=16):
                    checked += count
                    lost += losses
    for loss in sorted(lost):
        print(f"schemas: VIOLATION: {loss}")
    print(f"schemas: {checked} changed objects checked, {len(lost)} no longer accepted")
    return 1 if lost or not checked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

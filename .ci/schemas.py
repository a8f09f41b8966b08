"""Checks hardened manifests of a corpus against the strict schemas of several Kubernetes versions.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/schemas.py target/release/kubetemper ../shared/corpus

For each version the corpus is hardened with that version as the target, once with the defaults and once with everything
flipped and the strict profile and guards for every namespace. Every changed object that the schemas accepted before must
be accepted after, and so must every object that kubetemper made.
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
RUNS = (
    (),
    ("--override", "--max-risk", "high", "--profile", "strict", "--guards", "all", "--namespace", "corpus"),
)
GENERATED_BY = "kubetemper.dev/generated-by"
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


def is_made(document):
    metadata = document.get("metadata") if isinstance(document, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and GENERATED_BY in annotations


def compare(job):
    """Of one file: how many changed and how many made objects were checked, and what is not accepted."""
    before, after, version = job
    changed, made, lost = 0, 0, []

    def check(document):
        if not accepted(document, version):
            lost.append(f"{after.name}: {document.get('kind')} for {version}: {reason(document, version)}")

    texts = documents(after.read_text())
    olds = documents(before.read_text()) if before.exists() else []
    for old, new in zip(olds, [document for document in texts if not is_made(document)]):
        if old != new and isinstance(new, dict) and accepted(old, version):
            changed += 1
            check(new)
    for document in filter(is_made, texts):
        made += 1
        check(document)
    return changed, made, lost


def main(binary, corpus):
    binary = pathlib.Path(binary).resolve()
    changed, made, lost = 0, 0, []
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
                for counts, makes, losses in pool.imap_unordered(compare, jobs, chunksize=16):
                    changed += counts
                    made += makes
                    lost += losses
    for loss in sorted(lost):
        print(f"schemas: VIOLATION: {loss}")
    print(f"schemas: {changed} changed and {made} made objects checked, {len(lost)} not accepted")
    return 1 if lost or not changed or not made else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

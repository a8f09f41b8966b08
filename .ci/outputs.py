"""Checks that what is built from hardened input needs no more hardening.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/outputs.py target/release/kubetemper ../shared/corpus

- Every kustomize tree of the corpus, and of golden/, is hardened by `fix`; then `kubetemper check -` with the same flags must find nothing
  to change in the output of `kubectl kustomize` of each of its roots.
- The output of `helm template` of every chart, hardened by `render`, must pass `render` unchanged.

Both with the default flags and with `--guards all`. With the latter, a namespace may get guards that `fix` held as `unseen`.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from corpus import copy

WORKERS = 2
WAYS = ([], ["--guards", "all"])

# What a stream cannot tell: that other roots of the repository are deployed into the same namespace. `fix` sees them, and
# holds the guards as `unseen`; who hardens the stream with `--guards all` says that it is the whole namespace.
GUARDS = {"default-deny-network", "default-service-account", "label-pod-security", "limit-range", "resource-quota"}


# Where a patch sets some requests or limits of a container, `fix` leaves the others alone: who wrote the patch decides.
# In what is built, nobody can tell that a patch was there.
EXPECTED = {
    "default-resources-kustomize-patch-sets-them/base": {"default-resources"},
    "default-resources-kustomize-patch-sets-them/prod": {"default-resources"},
    "pipeline-kustomize-patches/.": {"default-resources"},
    # A patch that is a text in the kustomization is no place to edit: what its containers lack is told, held as `patch`.
    "pipeline-kustomize-inline-patches/overlay": {"default-resources", "drop-capabilities", "forbid-privilege-escalation"},
}


def say(text):
    print(f"outputs: {text}", flush=True)


def run(*command, text=None):
    return subprocess.run(
        [str(part) for part in command], input=text, capture_output=True, encoding="utf-8", errors="replace", timeout=600,
        **({} if text is not None else {"stdin": subprocess.DEVNULL}),
    )


def found(binary, text, flags):
    """What `check` would change in a text, as (object, transform, pointer)."""
    done = run(binary, "check", "--no-config", *flags, "--format", "json", "--exit-zero", "-", text=text)
    if done.returncode:
        return [("?", "?", done.stderr.strip()[:200], None)]
    changes = []
    for document in json.loads(done.stdout)["files"][0]["documents"]:
        for change in document["changes"]:
            if change["fate"] == "applied":
                namespace = document["name"] if document["kind"] == "Namespace" else document["namespace"]
                changes.append((f"{document['kind']}/{document['name']}", change["transform"], change["pointer"], namespace))
    return changes


def unseen(binary, root, flags):
    """The namespaces of which `fix` says that it does not see all that runs there."""
    done = run(binary, "check", "--no-config", *flags, "--format", "json", "--exit-zero", root)
    namespaces = set()
    for file in json.loads(done.stdout)["files"]:
        for document in file["documents"]:
            name = document["name"] if document["kind"] == "Namespace" else document["namespace"]
            namespaces |= {name for change in document["changes"] if change.get("heldBy") == "unseen"}
    return namespaces


def kustomize(binary, corpus, scratch, flags):
    """How the roots of each hardened tree fare: (tree, changes or None when it does not build, namespaces held as unseen)."""
    kubectl = os.environ["KUBECTL"]
    roots, trees, held = {}, [], {}
    sources = {path.name: path for path in (corpus / "_kustomize").iterdir()}
    goldens = pathlib.Path(__file__).resolve().parent.parent / "golden"
    for path in goldens.glob("*/*/before/"):
        if any(path.rglob("kustomization.yaml")):
            sources[f"{path.parent.parent.name}-{path.parent.name}"] = path
    for name, source in sorted(sources.items()):
        roots[name] = copy(source, scratch / name)
        names = (path.parent for path in source.rglob("kustomization.y*ml"))
        trees += sorted(f"{name}/{path.relative_to(source)}" for path in names)
        run(binary, "fix", "--no-config", *flags, roots[name])
        held[name] = unseen(binary, roots[name], flags)

    def one(tree):
        project, _, path = tree.partition("/")
        built = run(kubectl, "kustomize", roots[project] / path)
        if built.returncode:
            # What kustomize could build before it must build after, and our own goldens must build.
            before = run(kubectl, "kustomize", sources[project] / path)
            excused = before.returncode and not sources[project].is_relative_to(goldens)
            return tree, None if excused else [("?", "?", f"does not build: {built.stderr.strip()[:200]}", None)], set()
        return tree, found(binary, built.stdout, flags), held[project]

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, trees))


def charts(corpus):
    all_charts = {path.parent for path in (corpus / "_charts").rglob("Chart.yaml")}
    return sorted(chart for chart in all_charts if not any(above in all_charts for above in chart.parents))


def helm(binary, corpus, flags):
    def one(chart):
        rendered = run(os.environ["HELM3"], "template", "shop", "--namespace", "shop", chart)
        if rendered.returncode:
            return chart.name, None, set()
        flags_here = ["--no-config", "--max-risk", "high", "--namespace", "shop", *flags]
        once = run(binary, "render", *flags_here, "-", text=rendered.stdout)
        if once.returncode:
            return chart.name, [("?", "?", once.stderr.strip()[:200], None)], set()
        twice = run(binary, "render", *flags_here, "-", text=once.stdout)
        same = twice.returncode == 0 and twice.stdout == once.stdout
        return chart.name, [] if same else [("?", "?", twice.stderr.strip()[:200] or "the text is another", None)], set()

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, charts(corpus)))


def judge(label, results):
    """Says how many outputs stay as they are; counts those that do not and that nothing excuses."""
    wrong = 0
    counts = collections.Counter()
    for name, changes, held in results:
        if changes is None:
            counts["skipped"] += 1
            say(f"{label}: skipped, since the source does not build: {name}")
            continue
        rest = [
            change for change in changes
            if change[1] not in EXPECTED.get(name, ()) and (change[1] not in GUARDS or change[3] not in held)
        ]
        counts["unchanged" if not changes else "as expected" if not rest else "changed"] += 1
        if changes and not rest:
            transforms = ", ".join(sorted({change[1] for change in changes}))
            say(f"{label}: as expected: {name}: {transforms}")
        if rest:
            wrong += 1
            for change in rest[:4]:
                say(f"{label}: VIOLATION: {name}: {' '.join(map(str, change))}")
            if len(rest) > 4:
                say(f"{label}: VIOLATION: {name}: and {len(rest) - 4} more")
    say(f"{label}: " + ", ".join(f"{number} {name}" for name, number in sorted(counts.items())))
    return wrong


def main():
    binary, corpus = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    wrong = 0
    for flags in WAYS:
        words = " ".join(flags) or "default flags"
        with tempfile.TemporaryDirectory(prefix="kubetemper-outputs-") as folder:
            wrong += judge(f"kustomize, {words}", kustomize(binary, corpus, pathlib.Path(folder), flags))
        wrong += judge(f"helm, {words}", helm(binary, corpus, flags))
    say(f"{wrong} violations")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

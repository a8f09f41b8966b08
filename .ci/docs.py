"""Runs the commands that the pages print, each page in a repository of its own, so that no page shows one that fails.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/docs.py target/release/kubetemper [PAGE]...

A command is a line of an indented block, a `sh` block, or a code span in the text that starts with kubetemper. Helm and kubectl
are the real ones, but nothing reaches a cluster: `kubectl get` prints examples, `kubectl apply` only reads, `helm install`
renders. What cannot be run here is in NOT_RUN, with the reason. Links between pages are followed, too.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(sys.argv[1]).resolve()
HELM3, HELM4, KUBECTL = (os.environ[name] for name in ("HELM3", "HELM4", "KUBECTL"))

GENERATED = {"configuration.md", "review-comment.md", "CHANGELOG.md"}
PROGRAMS = {
    "kubetemper", "kubectl", "helm", "git", "mkdir", "ln", "cat", "jq", "kustomize", "kpt", "docker", "crane", "cargo", "gh", "man",
    "sha256sum",
}
NOT_RUN = {
    "cargo ": "takes minutes; CI builds and tests anyway",
    "kubetemper fix --interactive": "needs a terminal; tests/cli/interactive.rs drives it",
    "kubetemper completions powershell": "needs PowerShell",
    "docker ": ".ci/scratch.sh does the same, with docker where it runs",
    "kustomize build": "there is no kustomize binary; .ci/plugins.py sends what it sends",
    "kpt ": ".ci/plugins.py runs kpt where it is installed",
    "gh ": "asks GitHub",
    "sha256sum ": "needs a release",
    "man ": "needs man",
    "mkdir images && crane": "asks a registry",
    "kubetemper check --format rdjson | reviewdog": "needs reviewdog",
    "kubectl create configmap": "needs a cluster",
    "kubectl patch deployment argocd": "needs a cluster",
    "kubectl kustomize --enable-alpha-plugins . > built.yaml": ".ci/plugins.py runs it, where the function ran and where not",
    "kubectl kustomize --enable-alpha-plugins .": ".ci/plugins.py runs it",
    "ln -s \"$(command -v kubetemper)\" /usr/local": "changes the machine; .ci/plugins.py has such a link",
}
# Words that stand for something of the reader's.
PLACEHOLDER = re.compile(r"…|\b(ID|FILE|DIR|REV|SHELL|NS|COMMAND|COMMIT|REASON|TARGET)\b")
# These end with 1 when they find something.
FINDING = re.compile(r"(kubetemper|kubectl temper) (check|diff|patch)\b")

KUBECTL_STUB = """#!/bin/bash
case "$1 $*" in
  get*) cat "$LIVE" ;;
  apply*) grep --quiet apiVersion ;;
  patch*--local*) exec {kubectl} "$@" ;;
  patch*) ;;
  *) exec {kubectl} "$@" ;;
esac
"""
HELM_STUB = """#!/bin/bash
[[ $1 == install ]] && shift && set -- template "$@"
exec {helm} "$@"
"""


# --- Reading pages ---------------------------------------------------------------------------------------------------


def commands(text):
    """(line, heading, command) of a page, in order."""
    found, heading, fence, script = [], "", None, []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if fence is not None:
            if line.strip() == "```":
                if fence == "sh":
                    found.append((number - len(script), heading, "\n".join(script)))
                fence, script = None, []
            else:
                script.append(line)
        elif line.startswith("```"):
            fence = line[3:].strip()
        elif line.startswith("#"):
            heading = line
        elif re.match(r" {4,}\S", line) and line.split()[0] in PROGRAMS:
            start, command = number, line.strip()
            while command.endswith("\\") or (command.split("\n")[0].endswith("do") and not command.endswith("done")):
                command += "\n" + lines[number].strip()
                number += 1
            found.append((start, heading, command))
        elif not line.startswith("    "):
            for span in re.findall(r"`([^`]+)`", line):
                if span.startswith(("kubetemper ", "kubectl temper ")) and not PLACEHOLDER.search(span):
                    found.append((number, heading, span.replace("\\|", "|")))
    return found


def anchor(heading):
    words = re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower())
    return words.replace(" ", "-")


def broken_links(page, text):
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in target:
            continue
        name, _, part = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists():
            yield f"{target}: there is no such file"
        elif part and part not in [anchor(line) for line in path.read_text().splitlines() if line.startswith("#")]:
            yield f"{target}: there is no such heading"


# --- Running them ----------------------------------------------------------------------------------------------------


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


def workspace(folder):
    """A repository with all that the pages name, and a branch that has changed something."""
    repository = folder / "repository"
    shutil.copytree(ROOT / "examples", repository / "examples")
    for kept in ("docs", "golden/pipeline/application-three-tier-shop"):
        shutil.copytree(ROOT / kept, repository / kept, ignore=shutil.ignore_patterns("report.json"))
    for source, name in (
        ("shop.yaml", "deploy/web.yaml"), ("shop.yaml", "manifests.yaml"), ("shop.yaml", "deploy.yaml"), ("shop.yaml", "jobs.yaml"),
        ("shop.yaml", "a.yaml"), ("shop.yaml", "b.yaml"), ("kustomize/base", "base"), ("kustomize/overlay", "overlay"), ("chart", "chart"),
    ):
        target = repository / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / "examples" / source).is_dir() else shutil.copy)(ROOT / "examples" / source, target)
    (repository / "images").mkdir()

    bins = folder / "bin"
    bins.mkdir()
    for name in ("kubetemper", "kubectl-temper"):
        (bins / name).symlink_to(BINARY)
    executable(bins / "kubectl", KUBECTL_STUB.format(kubectl=KUBECTL))
    for version, helm in ((3, HELM3), (4, HELM4)):
        (folder / f"helm{version}").mkdir()
        executable(folder / f"helm{version}" / "helm", HELM_STUB.format(helm=helm))
    home = folder / "home"
    home.mkdir()
    identity = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {
        **os.environ, **identity, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"), "LIVE": str(ROOT / "examples" / "kustomize" / "base" / "deployment.yaml"),
        "PATH": f"{bins}:{os.environ['PATH']}",
    }
    git = "git init --quiet --initial-branch main && git add . && git commit --quiet --message all && git update-ref refs/remotes/origin/main HEAD"
    subprocess.run(["sh", "-c", f"{git} && echo '# changed' >>deploy/web.yaml"], cwd=repository, env=env, check=True)
    return repository, env


def run(command, heading, repository, env):
    """None, or what is wrong."""
    helm = repository.parent / ("helm4" if "Helm 4" in heading else "helm3")
    env = {**env, "PATH": f"{helm}:{env['PATH']}"}
    # A pipe ends when its reader does: that is no failure of the writer.
    script = f"set -o pipefail\n{command}"
    with open(ROOT / "examples" / "shop.yaml", "rb") as stdin:
        done = subprocess.run(["bash", "-c", script], cwd=repository, env=env, stdin=stdin, capture_output=True, encoding="utf-8", timeout=120)
    allowed = (0, 1) if FINDING.search(command) else (0,)
    if done.returncode in allowed and "error:" not in done.stderr:
        return None
    return f"exit status {done.returncode}: {(done.stderr or done.stdout).strip()[:600]}"


def main(names):
    pages = [pathlib.Path(name).resolve() for name in names] or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    passed = failed = skipped = 0
    used = set()
    for page in pages:
        text = page.read_text()
        problems = [(0, "", problem) for problem in broken_links(page, text)]
        with tempfile.TemporaryDirectory() as scratch:
            repository, env = workspace(pathlib.Path(scratch))
            for line, heading, command in [] if page.name in GENERATED else commands(text):
                reason = next((start for start in NOT_RUN if command.startswith(start)), None)
                if reason:
                    used.add(reason)
                    skipped += 1
                    continue
                problem = run(command, heading, repository, env)
                passed += problem is None
                if problem:
                    problems.append((line, command, problem))
        for line, command, problem in problems:
            failed += 1
            print(f"FAIL  {page.relative_to(ROOT)}:{line}: {command}\n      {problem}")
    if not names:
        for unused in NOT_RUN.keys() - used:
            failed += 1
            print(f"FAIL  NOT_RUN holds `{unused}`, which no page prints")
    print(f"docs: {len(pages)} pages, {skipped} commands that cannot run here")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]))

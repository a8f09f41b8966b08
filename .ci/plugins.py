"""Runs kubetemper as the plugin of the real Helm 3, Helm 4, kubectl and, where it is installed, kpt.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/plugins.py target/release/kubetemper [../shared/corpus]

Over examples/ and, where present, the charts and kustomizations of the corpus. What comes out is parsed, compared with the
report, evaluated, and hardened once more. Every function whose name starts with `test_` is one check.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

import krew
from corpus import copy
from e2e import (
    BINARY, CHART, EXAMPLES, GENERATED_BY, HELM3, HELM4, HIGH, KUBECTL, ROOT, SHOP, assert_contains, assert_hardened, assert_idempotent,
    main, post_rendered, run,
)

CORPUS = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
HARDENING = {
    "apiVersion": "kubetemper.dev/v1alpha1", "kind": "Hardening",
    "metadata": {"name": "kubetemper", "annotations": {"config.kubernetes.io/local-config": "true"}},
}
WORKERS = 2


# --- Helpers ---------------------------------------------------------------------------------------------------------


def linked(folder, name):
    """A folder for the PATH, in which the program has this name."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        (folder / name).symlink_to(BINARY)
    return folder


def on_path(*folders):
    return {"PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]])}


def charts():
    """The chart of the repository, and those of the corpus that render on their own."""
    found = [CHART]
    if CORPUS and (CORPUS / "_charts").is_dir():
        all_charts = {path.parent for path in (CORPUS / "_charts").rglob("Chart.yaml")}
        for chart in sorted(all_charts):
            if any(above in all_charts for above in chart.parents):
                continue
            if run(HELM3, "template", "shop", chart, expect=None).returncode:
                print(f"      {chart.name} does not render here, skipped")
            else:
                found.append(chart)
    return found


def recorder(folder):
    """A post-renderer that keeps what it was sent and what it gave back."""
    folder = pathlib.Path(folder)
    script = folder / "record"
    script.write_text(f'#!/bin/sh\ncat > "{folder}/in" && {BINARY} "$@" < "{folder}/in" > "{folder}/out" && cat "{folder}/out"\n')
    script.chmod(0o755)
    return script


def by_identity(text):
    """Every document of a text by what it is, in lists: one name may stand for several."""
    found = {}
    for doc in yaml.load_all(text, Loader=yaml.CSafeLoader):
        if doc:
            found.setdefault(identity(doc), []).append(doc)
    return found


def identity(doc):
    metadata = doc.get("metadata") or {}
    return doc["apiVersion"], doc["kind"], metadata.get("namespace"), metadata.get("name")


def assert_done(doc, pointer, wanted, where):
    """What a change wanted stands at its place; behind `/-` it is one of the items."""
    parent, _, last = pointer.rpartition("/")
    if last != "-":
        return assert_contains(value_at(doc, pointer), wanted, where)
    assert wanted in value_at(doc, parent), f"{where}: {wanted} is not among the items"


def value_at(doc, pointer):
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        doc = doc[int(part)] if isinstance(doc, list) else doc[part]
    return doc


def assert_report(report, text):
    """What the report says was done stands in the text, and its levels are those that the text is found to have."""
    found = by_identity(text)
    again = json.loads(run(BINARY, "check", "--no-config", "--format", "json", "--exit-zero", "-", stdin=text).stdout)
    after = {}
    for document in again["files"][0]["documents"]:
        after.setdefault(identity({**document, "metadata": document}), []).append(document)
    applied = 0
    for document in report["files"][0]["documents"]:
        key = identity({**document, "metadata": document})
        assert key in found, f"{key} is gone"
        if len(found[key]) > 1:
            continue  # a hook and a template of one name
        if document.get("level"):
            level = after[key][0]["level"]["before"]
            assert level == document["level"]["after"], f"{key}: {level}, but the report says {document['level']}"
        for change in document["changes"]:
            if change["fate"] == "applied" and change["after"] is not None and "***" not in json.dumps(change["after"]):
                assert_done(found[key][0], change["pointer"], change["after"], f"{key}{change['pointer']}")
                applied += 1
    return applied


# --- Helm ------------------------------------------------------------------------------------------------------------


def test_helm3_over_all_charts():
    """Helm 3 with kubetemper as its post-renderer: flags, report and levels, byte for byte idempotent."""
    all_charts, applied = charts(), 0
    for chart in all_charts:
        for flags in ([], ["--profile", "strict", *HIGH]):
            with tempfile.TemporaryDirectory() as scratch:
                report = pathlib.Path(scratch, "report.json")
                args = [part for flag in [*flags, "--report", report] for part in ("--post-renderer-args", flag)]
                run(HELM3, "template", "shop", chart, "--post-renderer", recorder(scratch), *args)
                before, after = (pathlib.Path(scratch, name).read_text() for name in ("in", "out"))
                assert by_identity(before).keys() == by_identity(after).keys(), f"{chart.name}: other objects"
                assert before.count("# Source: ") == after.count("# Source: "), f"{chart.name}: # Source: is lost"
                applied += assert_report(json.loads(report.read_text()), after)
                assert_idempotent(after, *flags)
    print(f"      {len(all_charts)} charts, {applied} changes found in the output")
    assert applied


def test_helm3_forms_of_arguments():
    """`--post-renderer-args` as flag and value, and joined by `=`."""
    apart, joined = post_rendered("--profile", "strict"), post_rendered("--profile=strict")
    assert apart == joined != post_rendered()
    assert post_rendered("render", "-", "--profile", "strict") == apart


class Helm4:
    """Helm 4 with the plugin of docs/helm-plugin, installed by its own command."""

    def __init__(self, scratch):
        self.plugin = pathlib.Path(scratch, "plugin")
        shutil.copytree(ROOT / "docs" / "helm-plugin", self.plugin)
        self.report = self.plugin / "report.json"
        self.report.unlink(missing_ok=True)
        self.env = {"HELM_DATA_HOME": str(pathlib.Path(scratch, "helm")), **on_path(linked(f"{scratch}/bin", "kubetemper"))}
        run(HELM4, "plugin", "install", self.plugin, env=self.env)

    def template(self, chart, *flags, expect=0):
        args = [part for flag in flags for part in ("--post-renderer-args", flag)]
        command = [HELM4, "template", "shop", chart, "--post-renderer", "kubetemper", *args]
        return run(*command, env=self.env, expect=expect)


def test_helm4_plugin_over_all_charts():
    """Helm 4 sends the hooks too, in one stream with its own annotation, and takes every file back under its name."""
    with tempfile.TemporaryDirectory() as scratch:
        helm, all_charts, applied = Helm4(scratch), charts(), 0
        for chart in all_charts:
            before = run(HELM4, "template", "shop", chart).stdout
            for flags in ([], HIGH):
                after = helm.template(chart, *flags).stdout
                # Charts give tests random names.
                kinds = [sorted(key[1] for key in by_identity(text)) for text in (before, after)]
                assert kinds[0] == kinds[1], f"{chart.name}: other objects"
                sources = [sorted(line for line in text.splitlines() if line.startswith("# Source: ")) for text in (before, after)]
                assert sources[0] == sources[1], f"{chart.name}: other files"
                assert "generated-by-postrender" not in after
                applied += assert_report(json.loads(helm.report.read_text()), after)
                assert_idempotent(after, *flags)
        print(f"      {len(all_charts)} charts, {applied} changes found in the output")
        assert applied
        after = helm.template(CHART, *HIGH).stdout
        assert_hardened(after, expect=SHOP | {("Job", "shop-migrate")}, restricted=True)


def test_helm4_tells_the_reason_in_the_report():
    """Helm 4 shows that the plugin failed, not why: that is in the folder of the plugin."""
    with tempfile.TemporaryDirectory() as scratch:
        helm = Helm4(scratch)
        for flags, where, word in (
            (["--no-such-flag"], "error", "--no-such-flag"),
            (["--config", "missing.yaml"], "error", "missing.yaml"),
            (["--require", "restricted"], "misses", "Deployment/shop"),
        ):
            done = helm.template(CHART, *flags, expect=1)
            assert not done.stdout and word not in done.stderr, "Helm shows more now: tell so in docs/helm.md"
            assert word in str(json.loads(helm.report.read_text())[where]), f"{flags}: no {word} in the report"


# --- kustomize -------------------------------------------------------------------------------------------------------


def plugin_home(scratch):
    linked(f"{scratch}/plugins/kubetemper.dev/v1alpha1/hardening", "Hardening")
    return {"KUSTOMIZE_PLUGIN_HOME": f"{scratch}/plugins"}


def wrap(folder, tree, spec, annotations=None):
    """A kustomization that hardens another one."""
    folder.mkdir(parents=True)
    config = {**HARDENING, "spec": spec}
    if annotations:
        config["metadata"] = {**config["metadata"], "annotations": annotations}
    (folder / "harden.yaml").write_text(yaml.safe_dump(config))
    resources = [os.path.relpath(tree, folder)]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": resources, "transformers": ["harden.yaml"]}))
    return folder


def as_function(built, spec):
    """The objects that come back when they are sent as kustomize sends them to a function."""
    items = [doc for doc in yaml.load_all(built, Loader=yaml.CSafeLoader) if doc]
    for index, item in enumerate(items):
        annotations = item["metadata"].setdefault("annotations", {}) or {}
        annotations["internal.config.kubernetes.io/index"] = str(index)
        item["metadata"]["annotations"] = annotations
    request = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items,
               "functionConfig": {**HARDENING, "spec": spec}}
    answer = run(BINARY, stdin=yaml.dump(request, Dumper=yaml.CSafeDumper, sort_keys=False)).stdout
    answer = yaml.load(answer, Loader=yaml.CSafeLoader)
    for result in answer.get("results", []):
        assert result["message"] and result["severity"] in ("info", "warning"), result
    sent = []
    for item in answer["items"]:
        annotations = item["metadata"].get("annotations") or {}
        if GENERATED_BY not in annotations:
            sent.append(annotations.pop("internal.config.kubernetes.io/index"))
    assert sent == sorted(sent, key=int) and len(sent) == len(items), "items are lost, or out of order"
    return without_empty_annotations(answer["items"])


def without_empty_annotations(docs):
    for doc in docs:
        if doc["metadata"].get("annotations") in ({}, None):
            doc["metadata"].pop("annotations", None)
    return docs


def trees(scratch):
    """(label, folder) of every kustomization of the repository and the corpus, in a copy."""
    shutil.copytree(EXAMPLES / "kustomize", f"{scratch}/examples")
    found = [("examples/overlay", pathlib.Path(scratch, "examples", "overlay"))]
    projects = CORPUS / "_kustomize" if CORPUS else None
    if projects and projects.is_dir():
        for project in sorted(projects.iterdir()):
            root = copy(project, pathlib.Path(scratch, "_kustomize", project.name))
            kustomizations = sorted(root.rglob("kustomization.y*ml"))
            # A component builds only as a part of something else.
            roots = [path.parent for path in kustomizations if "kind: Component" not in path.read_text()]
            found += [(str(folder.relative_to(scratch)), folder) for folder in roots]
    return found


def compare_tree(label, tree, wrapper, env):
    """None when the tree does not build here, else whether anything was hardened."""
    built = run(KUBECTL, "kustomize", tree, expect=None)
    if built.returncode:
        return None
    rendered = run(BINARY, "render", "--no-config", "-", *HIGH, stdin=built.stdout).stdout
    spec = {"maxRisk": "high"}
    docs = [doc for doc in yaml.load_all(rendered, Loader=yaml.CSafeLoader) if doc]
    wanted = without_empty_annotations(docs)
    # New objects stand at the end of a list, and of a stream behind the one that they are about.
    assert sorted(as_function(built.stdout, spec), key=str) == sorted(wanted, key=str), f"{label}: the function does not do what render does"
    legacy = run(KUBECTL, "kustomize", "--enable-alpha-plugins", wrap(wrapper, tree, spec), env=env).stdout
    assert by_identity(legacy) == by_identity(rendered), f"{label}: the legacy plugin does not do what render does"
    assert_idempotent(legacy, "--no-config", *HIGH)
    return rendered != built.stdout


def test_kustomize_functions_over_all_trees():
    """A function and a legacy plugin give what `render` gives on the built output of every tree, by value."""
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        env = plugin_home(scratch)
        jobs = [pool.submit(compare_tree, label, tree, pathlib.Path(scratch, "wrappers", str(number)), env)
                for number, (label, tree) in enumerate(trees(scratch))]
        hardened = [job.result() for job in jobs]
    assert hardened[0], "examples/kustomize/overlay"
    skipped = hardened.count(None)
    print(f"      {len(hardened) - skipped} trees, {hardened.count(True)} hardened, {skipped} do not build here")
    assert skipped < len(hardened) / 2


def test_kustomize_mistakes_end_the_build():
    """A key that does not exist: kubectl fails, and shows what was meant."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = wrap(pathlib.Path(scratch, "overlay"), EXAMPLES / "kustomize" / "overlay", {"profil": "strict"})
        command = [KUBECTL, "kustomize", "--enable-alpha-plugins", folder]
        done = run(*command, env=plugin_home(scratch), expect=None)
        assert done.returncode and not done.stdout and "did you mean `profile`?" in done.stderr, done.stderr


def test_a_skipped_function_is_noticed():
    """kubectl skips exec functions without a word; the check of docs/kustomize.md finds out."""
    check = 'kubectl kustomize --enable-alpha-plugins . > built.yaml && kubetemper --config harden.yaml < built.yaml | cmp - built.yaml'
    assert check in (ROOT / "docs" / "kustomize.md").read_text(), "docs/kustomize.md has another check"
    with tempfile.TemporaryDirectory() as scratch:
        bins = linked(f"{scratch}/bin", "kubetemper")
        (bins / "kubectl").symlink_to(KUBECTL)
        env = {**plugin_home(scratch), **on_path(bins)}
        function = {"config.kubernetes.io/function": f"exec: {{path: {BINARY}}}"}
        for name, annotations, code in (("skipped", function, 1), ("ran", None, 0)):
            folder = wrap(pathlib.Path(scratch, name), EXAMPLES / "kustomize" / "overlay", {}, annotations)
            run("sh", "-c", f"cd {folder} && {check}", env=env, expect=code)


def test_kpt():
    """kpt, which has kustomize's own runtime for functions, takes the answer and shows the results."""
    if not shutil.which("kpt"):
        print("      skipped: there is no kpt")
        return
    with tempfile.TemporaryDirectory() as scratch:
        package = pathlib.Path(scratch, "package")
        package.mkdir()
        manifest = (EXAMPLES / "kustomize" / "base" / "deployment.yaml").read_text()
        (package / "deployment.yaml").write_text(f"# The API.\n{manifest}")
        (package / "kubetemper.yaml").write_text(yaml.safe_dump({**HARDENING, "spec": {"maxRisk": "high"}}))
        pipeline = {"mutators": [{"exec": "kubetemper", "configPath": "kubetemper.yaml"}]}
        kptfile = {"apiVersion": "kpt.dev/v1", "kind": "Kptfile", "metadata": {"name": "api"}, "pipeline": pipeline}
        (package / "Kptfile").write_text(yaml.safe_dump(kptfile))
        env = on_path(linked(f"{scratch}/bin", "kubetemper"))
        done = run("kpt", "fn", "render", "--allow-exec", package, env=env)
        assert "run-as-non-root" in done.stderr, done.stderr
        once = (package / "deployment.yaml").read_text()
        assert once.startswith("# The API.\n")
        assert_hardened(once, expect={("Deployment", "api")}, restricted=True)
        run("kpt", "fn", "render", "--allow-exec", package, env=env)
        assert (package / "deployment.yaml").read_text() == once, "not idempotent"
        done = run("kpt", "fn", "eval", package, "--exec", "kubetemper", "--", "profil=strict", env=env, expect=None)
        assert done.returncode and "did you mean `profile`?" in done.stderr, done.stderr


# --- Argo CD and kubectl ---------------------------------------------------------------------------------------------


def test_argocd_generate_command():
    """The command of docs/argocd hardens a chart, and fails when the chart does not render: Argo CD must not prune."""
    plugin = yaml.safe_load((ROOT / "docs" / "argocd" / "plugin.yaml").read_text())
    generate = plugin["spec"]["generate"]
    with tempfile.TemporaryDirectory() as scratch:
        bins = linked(f"{scratch}/bin", "kubetemper")
        (bins / "helm").symlink_to(HELM4)
        (bins / "kustomize").write_text(f'#!/bin/sh\nshift\nexec {KUBECTL} kustomize "$@"\n')
        (bins / "kustomize").chmod(0o755)
        env = {**os.environ, **on_path(bins), "ARGOCD_APP_NAME": "shop", "ARGOCD_APP_NAMESPACE": "shop"}
        broken = pathlib.Path(scratch, "broken")
        shutil.copytree(CHART, broken)
        (broken / "templates" / "bad.yaml").write_text("{{ fail \"no\" }}\n")

        def run_in(folder):
            command = [*generate["command"], *generate["args"]]
            return subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=60)

        chart, overlay, failed = run_in(CHART), run_in(EXAMPLES / "kustomize" / "overlay"), run_in(broken)
    assert_hardened(chart.stdout, expect=SHOP | {("Job", "shop-migrate")}, restricted=False)
    assert_hardened(overlay.stdout, expect={("Deployment", "production-api")}, restricted=False)
    assert failed.returncode and not failed.stdout, "a chart that does not render gives nothing, and succeeds"


def test_kubectl_plugin():
    """`kubectl temper diff -f` is `kubetemper diff`, and `kubectl plugin list` finds nothing wrong with it."""
    with tempfile.TemporaryDirectory() as scratch:
        env = on_path(linked(scratch, "kubectl-temper"))
        listed = run(KUBECTL, "plugin", "list", env=env)
        assert "kubectl-temper" in listed.stdout and "warning" not in listed.stderr, listed.stderr
        diff = run(KUBECTL, "temper", "diff", "-f", "examples/shop.yaml", env=env, expect=1).stdout
        assert diff == run(BINARY, "diff", "examples/shop.yaml", expect=1).stdout
        help_text = run(KUBECTL, "temper", "diff", "--help", env=env).stdout
        assert "Usage: kubectl temper diff" in help_text, help_text
        text = (EXAMPLES / "shop.yaml").read_text()
        assert run(KUBECTL, "temper", stdin=text, env=env).stdout == run(BINARY, stdin=text).stdout


def test_krew_manifest():
    """docs/krew/temper.yaml, filled in, names an archive of every platform, and the program as kubectl wants it."""
    manifest = krew.fill(krew.TEMPLATE.read_text(), "v0.1.0", lambda archive: f"sum-of-{archive}")
    assert manifest["spec"]["version"] == "v0.1.0" and len(manifest["spec"]["shortDescription"]) <= 50
    platforms = manifest["spec"]["platforms"]
    systems = [(platform["selector"]["matchLabels"]["os"], platform["selector"]["matchLabels"]["arch"]) for platform in platforms]
    both = [(system, arch) for system in ("linux", "darwin") for arch in ("amd64", "arm64")]
    assert sorted(systems) == sorted([*both, ("windows", "amd64")]), systems
    for (system, _), platform in zip(systems, platforms):
        suffix = ".exe" if system == "windows" else ""
        assert platform["bin"] == f"kubectl-temper{suffix}"
        assert platform["files"][0] == {"from": f"kubetemper{suffix}", "to": f"kubectl-temper{suffix}"}
        assert "/releases/download/v0.1.0/kubetemper-" in platform["uri"], platform["uri"]
        assert platform["sha256"] == f"sum-of-{platform['uri'].rpartition('/')[2]}"


if __name__ == "__main__":
    sys.exit(main(globals(), "plugins"))

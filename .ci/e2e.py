"""Runs the kubetemper binary with the real Helm 3, kubectl and Kubernetes schemas over examples/.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/e2e.py target/release/kubetemper

Offline. Every function whose name starts with `test_` is one check; its docstring says what it promises.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
CHART = EXAMPLES / "chart"
OVERLAY = EXAMPLES / "kustomize" / "overlay"
HELM3, HELM4, KUBECTL = (os.environ[name] for name in ("HELM3", "HELM4", "KUBECTL"))
BINARY = str(pathlib.Path(sys.argv[1]).resolve())
HIGH = ["--max-risk", "high"]
GENERATED_BY = "kubetemper.dev/generated-by"


# --- Helpers ---------------------------------------------------------------------------------------------------------


def run(*command, stdin="", expect=0, env=None):
    """The finished process; fails when the exit code is not the expected one (None: any)."""
    done = subprocess.run(
        [str(part) for part in command], input=stdin, capture_output=True, encoding="utf-8", cwd=ROOT,
        env={**os.environ, **(env or {})}, timeout=300,
    )
    if expect is not None and done.returncode != expect:
        shown = " ".join(str(part) for part in command)
        raise AssertionError(f"`{shown}` exited with {done.returncode}, not {expect}:\n{done.stderr.strip()[:2000]}")
    return done


def helm3(*args, expect=0):
    return run(HELM3, "template", "shop", CHART, *args, expect=expect)


def post_rendered(*args):
    """What real Helm 3 prints with kubetemper as its post-renderer."""
    flags = [flag for arg in args for flag in ("--post-renderer-args", arg)]
    return helm3("--post-renderer", BINARY, *flags).stdout


def without_hooks(text):
    """The manifests only: Helm 3 prints hooks at the end, and never shows them to a post-renderer."""
    return text.split("---\n# Source: shop/templates/migrate-job.yaml")[0]


def objects(text):
    return {(doc["kind"], doc["metadata"]["name"]): doc for doc in yaml.safe_load_all(text) if doc}


def pod_spec(obj):
    spec = obj.get("spec", {})
    if obj["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec["template"]["spec"] if "template" in spec else None


def pod_specs(text):
    return {key: spec for key, obj in objects(text).items() if (spec := pod_spec(obj))}


def containers(spec):
    return [*spec.get("initContainers", []), *spec["containers"]]


def effective(spec, container, field):
    return (container.get("securityContext") or {}).get(field, (spec.get("securityContext") or {}).get(field))


def assert_hardened(text, *, expect, restricted):
    """Every pod of the text is hardened, and `expect` names the workloads that must be among them."""
    specs = pod_specs(text)
    assert expect <= specs.keys(), f"missing: {sorted(expect - specs.keys())}"
    for (kind, name), spec in specs.items():
        for container in containers(spec):
            where = f"{kind}/{name}, container {container['name']}"
            context = container.get("securityContext") or {}
            assert context.get("allowPrivilegeEscalation") is False, f"{where}: allowPrivilegeEscalation is not false"
            profile = effective(spec, container, "seccompProfile")
            assert profile == {"type": "RuntimeDefault"}, f"{where}: seccompProfile is {profile}"
            if restricted:
                drop = context.get("capabilities", {}).get("drop")
                assert drop == ["ALL"], f"{where}: capabilities.drop is {drop}"


def assert_same_but_hardened(before, after):
    """No object and no comment is lost, only kubetemper's own are new, and every value that was there still is."""
    old, new = objects(before), objects(after)
    kept = [key for key, obj in new.items() if key in old or GENERATED_BY not in obj["metadata"].get("annotations", {})]
    assert kept == list(old), f"documents differ: {list(old)} and {kept}"
    for key, value in old.items():
        assert_contains(new[key], value, "/".join(key))
    comments = [line.strip() for line in before.splitlines() if line.strip().startswith("#")]
    kept = iter(line.strip() for line in after.splitlines())
    for comment in comments:
        assert comment in kept, f"lost, or out of order: {comment}"


def assert_contains(new, old, where):
    """`new` holds all that `old` does; it may hold more keys."""
    if isinstance(old, dict):
        for key, value in old.items():
            assert isinstance(new, dict) and key in new, f"{where}: {key} is gone"
            assert_contains(new[key], value, f"{where}/{key}")
    elif isinstance(old, list):
        assert isinstance(new, list) and len(new) >= len(old), f"{where}: an item is gone"
        for index, value in enumerate(old):
            assert_contains(new[index], value, f"{where}/{index}")
    else:
        assert new == old, f"{where}: {old!r} became {new!r}"


def assert_idempotent(text, *args):
    again = run(BINARY, "render", "-", *args, stdin=text).stdout
    assert again == text, "a second pass is not byte for byte the same"


def validate(text):
    """The names of the objects, each checked against the Kubernetes schemas: unknown fields are errors."""
    names = []
    for (kind, name), obj in objects(text).items():
        try:
            kubernetes_validate.validate(obj, "1.37", strict=True)
        except kubernetes_validate.ValidationError as error:
            raise AssertionError(f"{kind}/{name} is not valid: {'/'.join(map(str, error.path))}: {error.message}") from None
        names.append(f"{kind}/{name}")
    return names


SHOP = {("Deployment", "shop"), ("CronJob", "shop-cleanup")}


# --- (a) Helm --------------------------------------------------------------------------------------------------------


def test_the_rendered_example_is_what_helm_prints():
    """examples/chart-rendered.yaml is in step with examples/chart."""
    assert helm3().stdout == (EXAMPLES / "chart-rendered.yaml").read_text(), (
        "run: helm template shop examples/chart > examples/chart-rendered.yaml"
    )


def test_helm3_post_renderer():
    """`helm template --post-renderer kubetemper` hardens all manifests and keeps everything else."""
    before, after = helm3().stdout, post_rendered()
    assert_same_but_hardened(before, after)
    assert_hardened(without_hooks(after), expect=SHOP, restricted=False)
    assert_idempotent(without_hooks(after))


def test_helm3_post_renderer_args():
    """Flags arrive: with --max-risk high capabilities are dropped too, and a second pass changes nothing."""
    before, after = helm3().stdout, post_rendered(*HIGH)
    assert_same_but_hardened(before, after)
    assert_hardened(without_hooks(after), expect=SHOP, restricted=True)
    assert before.count("# Source: ") == after.count("# Source: ") == 6
    assert_idempotent(without_hooks(after), *HIGH)


def test_helm3_leaves_hooks_to_render():
    """Helm 3 hides hooks from post-renderers; piping its output into kubetemper hardens them as well."""
    after = run(BINARY, *HIGH, stdin=helm3().stdout).stdout
    assert_hardened(after, expect=SHOP | {("Job", "shop-migrate")}, restricted=True)
    assert_idempotent(after, *HIGH)


def test_helm3_fails_when_the_post_renderer_fails():
    """A flag that does not exist makes the post-renderer fail, and Helm with it: nothing is deployed half-hardened."""
    done = helm3("--post-renderer", BINARY, "--post-renderer-args", "--no-such-flag", expect=None)
    assert done.returncode != 0 and not done.stdout, f"helm exited with {done.returncode}"
    assert "no-such-flag" in done.stderr, "helm does not show why"


def test_helm3_fails_on_a_chart_that_renders_unreadable_yaml():
    """One unreadable document: Helm fails, with kubetemper's words."""
    with tempfile.TemporaryDirectory() as scratch:
        chart = pathlib.Path(scratch) / "broken"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: broken\nversion: 0.1.0\n")
        # Helm only looks at the head of a document; the duplicate key is ours to find.
        (chart / "templates" / "pod.yaml").write_text(BROKEN_DOCUMENT)
        run(HELM3, "template", "shop", chart)  # fine without us
        done = run(HELM3, "template", "shop", chart, "--post-renderer", BINARY, expect=None)
        assert done.returncode != 0 and not done.stdout, f"helm exited with {done.returncode}"


# --- (b) kustomize ---------------------------------------------------------------------------------------------------


def test_kustomize_pipe():
    """`kubectl kustomize overlay | kubetemper render - --max-risk high`."""
    before = run(KUBECTL, "kustomize", OVERLAY).stdout
    after = run(BINARY, "render", "-", *HIGH, stdin=before).stdout
    assert_same_but_hardened(before, after)
    assert_hardened(after, expect={("Deployment", "production-api")}, restricted=True)
    assert_idempotent(after, *HIGH)


def test_kustomize_tree_fixed_in_place():
    """`kubetemper fix` on base and overlay leaves the patches alone, and the overlay builds hardened."""
    with tempfile.TemporaryDirectory() as scratch:
        run("git", "init", "--quiet", scratch)
        tree = pathlib.Path(scratch) / "kustomize"
        run("cp", "-r", EXAMPLES / "kustomize", tree)
        before = run(KUBECTL, "kustomize", tree / "overlay").stdout
        run(BINARY, "fix", tree)
        after = run(KUBECTL, "kustomize", tree / "overlay").stdout
        for name in ("replicas-and-memory.yaml", "log-level.json"):
            kept = (tree / "overlay" / name).read_bytes() == (OVERLAY / name).read_bytes()
            assert kept, f"the patch overlay/{name} was changed"
        state = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
        run(BINARY, "fix", tree)
        assert state == {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}, "not idempotent"
        run(BINARY, "check", tree)
    old, new = objects(before), objects(after)
    assert old.keys() <= new.keys(), "an object is gone"
    for key, value in old.items():
        assert_contains(new[key], value, "/".join(key))
    assert_hardened(after, expect={("Deployment", "production-api")}, restricted=True)


# --- (c) Broken input ------------------------------------------------------------------------------------------------

BROKEN_DOCUMENT = """\
apiVersion: v1
kind: Pod
metadata:
  name: twice
spec:
  containers:
  - name: app
    image: nginx
  containers: []
"""
UNPARSABLE_DOCUMENT = """\
apiVersion: v1
kind: Pod
metadata:
  name: [broken
"""


def test_broken_streams():
    """One unreadable document in a stream: exit 2, nothing on stdout, and words on stderr."""
    good = (EXAMPLES / "chart-rendered.yaml").read_text()
    for broken in (BROKEN_DOCUMENT, UNPARSABLE_DOCUMENT):
        for stream in (f"{good}---\n{broken}", f"{broken}---\n{good}"):
            for verb in (["render"], ["render", "-"], []):
                done = run(BINARY, *verb, stdin=stream, expect=2)
                assert done.stdout == "", f"{verb}: stdout is not empty"
                assert done.stderr.strip(), f"{verb}: no reason given"
                assert "panicked" not in done.stderr, done.stderr


def test_broken_files_are_not_written():
    """`fix` on a file with one unreadable document: exit 2, the file as it was."""
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "half.yaml"
        text = (EXAMPLES / "shop.yaml").read_text() + "---\n" + BROKEN_DOCUMENT
        path.write_text(text)
        run(BINARY, "fix", path, expect=2)
        assert path.read_text() == text, "the file was changed"


# --- (d) Schemas -----------------------------------------------------------------------------------------------------


def test_hardened_examples_are_valid():
    """Every hardened example is valid for Kubernetes, at every risk and profile."""
    sources = {
        "shop.yaml": (EXAMPLES / "shop.yaml").read_text(),
        "chart-rendered.yaml": (EXAMPLES / "chart-rendered.yaml").read_text(),
        "overlay": run(KUBECTL, "kustomize", OVERLAY).stdout,
    }
    for name, text in sources.items():
        count = len(validate(text))
        for flags in ([], ["--max-risk", "none"], HIGH, ["--profile", "strict", *HIGH], ["--profile", "baseline"]):
            after = run(BINARY, "render", "-", *flags, stdin=text).stdout
            assert len(validate(after)) >= count, f"{name} {flags}: documents are missing"
            assert_idempotent(after, *flags)


def test_fix_and_render_agree():
    """`fix` on a file and `render` of the same file at the same risk write the same bytes; `check` is then silent."""
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "shop.yaml"
        path.write_text((EXAMPLES / "shop.yaml").read_text())
        run(BINARY, "check", path, expect=1)
        run(BINARY, "diff", path, expect=1)
        rendered = run(BINARY, "render", path, *HIGH, "--recreate").stdout
        run(BINARY, "fix", path)
        assert path.read_text() == rendered
        run(BINARY, "check", path)
        assert run(BINARY, "diff", path).stdout == ""
        validate(rendered)
        assert_same_but_hardened((EXAMPLES / "shop.yaml").read_text(), rendered)


def main(tests, label):
    """Runs every test of a module's globals."""
    passed = failed = 0
    for name, test in list(tests.items()):
        if not name.startswith("test_"):
            continue
        started = time.monotonic()
        try:
            test()
            passed += 1
            print(f"ok    {name} ({time.monotonic() - started:.1f} s)")
        except (AssertionError, subprocess.TimeoutExpired, yaml.YAMLError, OSError) as error:
            failed += 1
            print(f"FAIL  {name}: {error}\n      It should hold that: {test.__doc__}")
    print(f"{label}: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(globals(), "e2e"))

"""Runs the kubetemper binary with the real Helm 3, kubectl and Kubernetes schemas over examples/.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/e2e.py target/release/kubetemper

Offline. Every function whose name starts with `test_` is one check; its docstring says what it promises.
"""

import json
import os
import pathlib
import shutil
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


# --- (e) Patches -----------------------------------------------------------------------------------------------------


def sources():
    """Streams to patch: what people write, what Helm prints, what kustomize builds, and a List."""
    shop = (EXAMPLES / "shop.yaml").read_text()
    items = [doc for doc in yaml.safe_load_all(shop) if doc]
    return {
        "shop.yaml": shop,
        "chart-rendered.yaml": (EXAMPLES / "chart-rendered.yaml").read_text(),
        "overlay": run(KUBECTL, "kustomize", OVERLAY).stdout,
        "list": json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
    }


FLAGS = ([], ["--profile", "strict"], ["--override"], ["--max-risk", "none"])


def flat(text):
    """As `objects`, with the items of a List among them."""
    docs = [doc for doc in yaml.safe_load_all(text) if doc]
    docs = [item for doc in docs for item in (doc["items"] if doc["kind"] == "List" else [doc])]
    return {(doc["kind"], doc["metadata"]["name"]): doc for doc in docs}


def hardened(text, flags):
    high = [] if "--max-risk" in flags else HIGH
    return flat(run(BINARY, "render", "-", *high, "--recreate", *flags, stdin=text).stdout)


def test_json_patches():
    """`kubectl patch --type=json` with each patch of the stream gives the object that `render` gives."""
    patched = 0
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "patch.json"
        for name, text in sources().items():
            for flags in FLAGS:
                before, after = flat(text), hardened(text, flags)
                entries = json.loads(run(BINARY, "patch", "-", *flags, stdin=text, expect=None).stdout)
                created = {(entry["kind"], entry["name"]): entry["create"] for entry in entries if "create" in entry}
                assert created == {key: after[key] for key in after if key not in before}, f"{name} {flags}: {created}"
                entries = [entry for entry in entries if "patch" in entry]
                keys = {(entry["kind"], entry["name"]) for entry in entries}
                assert keys == {key for key in before if before[key] != after[key]}, f"{name} {flags}: {keys}"
                for entry in entries:
                    key = entry["kind"], entry["name"]
                    file.write_text(json.dumps(entry["patch"]))
                    command = [KUBECTL, "patch", "--local", "-f", "-", "--type=json", "--patch-file", file, "-o", "json"]
                    done = run(*command, stdin=json.dumps(before[key]))
                    assert json.loads(done.stdout) == after[key], f"{name} {flags}: {key} is something else"
                    patched += 1
    assert patched > 20, f"only {patched} patches"


def test_json_patches_hit_nothing_else():
    """The guards: kubectl refuses a patch whose container has another name or whose value is another."""
    text = (EXAMPLES / "chart-rendered.yaml").read_text()
    before = flat(text)
    for entry in json.loads(run(BINARY, "patch", "-", stdin=text, expect=1).stdout):
        obj = before[entry["kind"], entry["name"]]
        spec = pod_spec(obj)
        for container in containers(spec):
            container["name"] += "-other"
        command = [KUBECTL, "patch", "--local", "-f", "-", "--type=json", "--patch", json.dumps(entry["patch"])]
        done = run(*command, stdin=json.dumps(obj), expect=None)
        assert done.returncode != 0 and "testing" in done.stderr, f"{entry['name']}: {done.stdout}{done.stderr}"


def kustomized(folder, text, component):
    """What kustomize builds of a stream with a component."""
    folder.mkdir(exist_ok=True)
    (folder / "all.yaml").write_text(text)
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["all.yaml"], "components": [component]}))
    return flat(run(KUBECTL, "kustomize", folder).stdout)


def test_kustomize_patches():
    """kustomize with the component, from a folder and from standard output, gives the objects that `render` gives."""
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for name, text in sources().items():
            for flags in FLAGS:
                # On standard output new objects follow the component; there is no place for them in it.
                plain = [*flags, "--guards", "none"]
                printed = run(BINARY, "patch", "-", "--as", "kustomize", *plain, stdin=text, expect=None).stdout
                (root / "printed").mkdir(exist_ok=True)
                (root / "printed" / "kustomization.yaml").write_text(printed)
                written = root / "written"
                run(BINARY, "patch", "-", "--as", "kustomize", "--output", written, *flags, stdin=text, expect=None)
                for component, wanted in (("printed", plain), ("written", flags)):
                    built = kustomized(root / "app", text, f"../{component}")
                    assert built == hardened(text, wanted), f"{name} {flags}: {component} is something else"
                shutil.rmtree(written)


def test_kustomize_targets_are_exact():
    """A dot in a name is a dot, and an object without a namespace is not one of the same name in another."""
    names = [("web.v1", None), ("web.v1", "other"), ("web-v1", None)]
    docs = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, **({"namespace": ns} if ns else {})},
         "spec": {"template": {"spec": {"containers": [{"name": f"app-{number}", "image": "registry.example.com/app"}]}}}}
        for number, (name, ns) in enumerate(names)
    ]
    text = yaml.safe_dump_all(docs)
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        (root / "all.yaml").write_text(text)
        run(BINARY, "patch", "-", "--as", "kustomize", "--output", root / "hard", stdin=text, expect=1)
        (root / "kustomization.yaml").write_text("resources: [all.yaml]\ncomponents: [hard]\n")
        built = run(KUBECTL, "kustomize", root).stdout
    rendered = run(BINARY, "render", "-", *HIGH, stdin=text).stdout
    order = lambda text: sorted(map(json.dumps, (sort(doc) for doc in yaml.safe_load_all(text))))
    assert order(built) == order(rendered), f"{built}\n{rendered}"


def sort(value):
    return json.loads(json.dumps(value, sort_keys=True))


def test_kustomize_patches_below_transformers():
    """A component for a base works in an overlay that renames it and moves it to a namespace."""
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        run("cp", "-r", EXAMPLES / "kustomize" / "base", root / "base")
        run(BINARY, "patch", root / "base", "--as", "kustomize", "--output", root / "hardening", expect=1)
        overlay = root / "overlay"
        overlay.mkdir()
        lines = {"resources": ["../base"], "components": ["../hardening"], "namePrefix": "eu-", "namespace": "shop"}
        (overlay / "kustomization.yaml").write_text(yaml.safe_dump(lines))
        built = run(KUBECTL, "kustomize", overlay).stdout
        assert_hardened(built, expect={("Deployment", "eu-api")}, restricted=True)
        run(BINARY, "check", "-", stdin=built)


# --- (f) The GitHub Action -------------------------------------------------------------------------------------------


def action(folder, comments, **inputs):
    """The GitHub Action, run with a `gh` that notes its arguments and knows these comments; what it noted comes along."""
    folder = pathlib.Path(folder)
    gh = folder / "gh"
    gh.write_text(
        f'#!/bin/sh\necho "$*" >>"{folder}/calls"\ncase "$*" in *--paginate*) printf "%s" "{comments}" ;; esac\n'
    )
    gh.chmod(0o755)
    (folder / "event.json").write_text('{"pull_request": {"number": 7}}')
    env = {
        "PATH": f"{folder}:{os.environ['PATH']}", "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"), "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "o/r", "INPUT_BINARY": BINARY,
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
    }
    done = run(ROOT / "docs" / "ci" / "action.sh", env=env, expect=None)
    calls = folder / "calls"
    return done, (calls.read_text() if calls.exists() else "")


def test_github_action():
    """The action annotates, summarises, comments once, then renews, and ends as check does; arguments reach no shell."""
    with tempfile.TemporaryDirectory() as folder:
        log = f"{folder}/log.sarif"
        done, calls = action(folder, "", paths="examples/shop.yaml", comment="true", sarif=log, args="--max-risk\nlow")
        assert done.returncode == 1, done.stderr
        assert done.stdout.startswith("::notice file=examples/shop.yaml,line="), done.stdout[:200]
        assert pathlib.Path(folder, "output").read_text() == "status=1\n"
        assert pathlib.Path(folder, "summary").read_text().startswith("<!-- kubetemper -->\n")
        assert '"2.1.0"' in pathlib.Path(log).read_text()
        assert "--method POST repos/o/r/issues/7/comments --field body=@" in calls, calls
    with tempfile.TemporaryDirectory() as folder:
        _, calls = action(folder, "11\n12\n", paths="examples/shop.yaml", comment="true")
        assert "--method PATCH repos/o/r/issues/comments/11 --field" in calls and "POST" not in calls, calls
    with tempfile.TemporaryDirectory() as folder:
        done, calls = action(folder, "", paths="examples/shop.yaml", args="--exit-zero")
        assert (done.returncode, calls) == (0, ""), done.stderr
    with tempfile.TemporaryDirectory() as folder:
        done, _ = action(folder, "", paths=f"$(touch${{IFS}}{folder}/pwned) examples/shop.yaml")
        assert done.returncode == 2 and not pathlib.Path(folder, "pwned").exists(), done.stderr


# --- (g) The GitLab component ----------------------------------------------------------------------------------------


def test_gitlab_component():
    """The script of the component writes the report and the comment, and ends as check does; a binary that is cached is used."""
    spec, jobs = yaml.safe_load_all((ROOT / "docs" / "ci" / "gitlab.yml").read_text())
    assert {"paths", "args", "revision", "comment"} <= spec["spec"]["inputs"].keys()
    script = "\n".join(jobs["kubetemper"]["script"])
    for args, code in (("--max-risk low", 1), ("--exit-zero", 0), ("--no-such-flag", 2)):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / ".kubetemper" / "bin").mkdir(parents=True)
            (pathlib.Path(folder) / ".kubetemper" / "bin" / "kubetemper").symlink_to(BINARY)
            shutil.copy(EXAMPLES / "shop.yaml", folder)
            env = {
                "KUBETEMPER_PATHS": "shop.yaml", "KUBETEMPER_ARGS": args, "KUBETEMPER_COMMENT": "false", "KUBETEMPER_REVISION": "none",
                "CARGO_INSTALL_ROOT": f"{folder}/.kubetemper",
            }
            run("sh", "-e", "-c", f"cd {folder}\n{script}", env=env, expect=code)
            if code < 2:
                assert pathlib.Path(folder, "kubetemper.md").read_text().startswith("<!-- kubetemper -->")
                assert json.loads(pathlib.Path(folder, "kubetemper.json").read_text())["version"] == 1


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

"""Runs `kubetemper fix` over a corpus of real manifests and checks, with other tools, that it kept its promises.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/corpus.py target/release/kubetemper ../shared/corpus

Every file is hardened twice over: all of them in one run, and each one alone. Of each result it must hold that

- the exit code is 0 or 2, nothing panicked, and a file was written if and only if the report says `changed`;
- a second run changes nothing;
- every comment is still there, in order (comments.py, not kubetemper's reader);
- the values, as PyYAML reads them, differ only at or below the pointers of applied changes, and are what the report says;
- byte order mark, line endings and the end of the file are as before.

Refused files are counted and may be at most 0.5 %. Templates and unreadable files stay as they are, and kustomize trees
still build, with nothing different but what the report names. Exits with 1 when anything does not hold.
"""

import collections
import concurrent.futures
import difflib
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

from comments import Unreadable, comments, is_template

SUFFIXES = (".yaml", ".yml", ".json")
WORKERS = 2
MAX_REFUSED = 0.005
GENERATED_BY = "kubetemper.dev/generated-by"

violations = []


def violation(what):
    violations.append(" ".join(what.split()))


def say(text):
    print(f"corpus: {text}", flush=True)


# --- Running kubetemper ----------------------------------------------------------------------------------------------


def fix(binary, path, flags, cwd, report=None):
    """`kubetemper fix PATH`, watched. Returns (exit code, report or None)."""
    command = [binary, "fix", *flags, *(["--report", str(report)] if report else []), str(path)]
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
    except subprocess.TimeoutExpired:
        violation(f"{path}: no end after 600 s")
        return None, None
    stderr = done.stderr.decode("utf-8", "replace")
    if "panicked" in stderr:
        violation(f"{path}: panicked: {stderr.strip()[:300]}")
    if done.returncode not in (0, 2):
        violation(f"{path}: exit code {done.returncode}: {stderr.strip()[:300]}")
    if done.returncode == 2 and not stderr.strip():
        violation(f"{path}: exit code 2, but no word on stderr")
    if report is None:
        return done.returncode, None
    try:
        return done.returncode, json.loads(pathlib.Path(report).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        violation(f"{path}: no readable report: {error}")
        return done.returncode, None


def entries(report, root):
    """The `files` of a report, by path relative to `root`."""
    found = {}
    for entry in (report or {}).get("files", []):
        path = entry["path"]
        relative = os.path.relpath(os.path.join(root, path), root)
        if relative in found:
            violation(f"{relative}: twice in one report")
        found[relative] = entry
    return found


def manifests_of(files):
    return [name for name in files if name.endswith(SUFFIXES)]


def contents(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in pathlib.Path(root).rglob("*")
            if path.is_file() and ".git" not in path.relative_to(root).parts}


def copy(source, target, *, skip=()):
    """A writable copy, without the entries of `source` named in `skip`, that is a git repository of its own."""
    shutil.copytree(source, target, ignore=lambda folder, _: skip if folder == str(source) else (),
                    copy_function=shutil.copyfile)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o755)
    subprocess.run(["git", "init", "--quiet", target], check=True)
    return target


# --- Comparing values ------------------------------------------------------------------------------------------------


def documents(text):
    """Every document as plain dicts, lists and strings, with `<<` merged as Kubernetes does."""
    return [plain(node) for node in yaml.compose_all(text, Loader=yaml.CBaseLoader)]


def plain(node, seen=None):
    seen = {} if seen is None else seen
    if id(node) in seen:
        return seen[id(node)]
    if isinstance(node, yaml.MappingNode):
        value = seen[id(node)] = {}
        merged = {}
        for key, item in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else str(plain(key))
            if name == "<<" and not key.style:
                sources = plain(item, seen)
                for source in [sources] if isinstance(sources, dict) else sources:
                    merged = {**source, **merged}
            else:
                value[name] = plain(item, seen)
        for name, item in merged.items():
            value.setdefault(name, item)
    elif isinstance(node, yaml.SequenceNode):
        value = seen[id(node)] = []
        value.extend(plain(item, seen) for item in node.value)
    else:
        value = seen[id(node)] = node.value if node is not None else ""
    return value


def from_json(value):
    """A JSON value in the form that `plain` gives."""
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value if isinstance(value, str) else json.dumps(value)


def step(path, key):
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def leaves(value, path):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    empty = True
    for key, item in items:
        empty = False
        yield from leaves(item, step(path, key))
    if empty:
        yield path


def differences(old, new, path=""):
    """The pointers of the leaves that are not the same in both."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            yield from differences(old[key], new[key], step(path, key)) if key in new else leaves(old[key], step(path, key))
        for key in new:
            if key not in old:
                yield from leaves(new[key], step(path, key))
    elif isinstance(old, list) and isinstance(new, list):
        matcher = difflib.SequenceMatcher(None, *([json.dumps(item) for item in items] for items in (old, new)), False)
        for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
            if kind == "replace" and old_to - old_from == new_to - new_from:
                for index in range(old_to - old_from):
                    yield from differences(old[old_from + index], new[new_from + index], step(path, new_from + index))
            elif kind == "insert":
                for index in range(new_from, new_to):
                    yield from leaves(new[index], step(path, index))
            elif kind != "equal":
                for index in range(old_from, old_to):
                    yield from leaves(old[index], step(path, index))
                for index in range(new_from, new_to):
                    yield from leaves(new[index], step(path, index))
    elif old in ("", "~", "null", {}, []) and isinstance(new, (dict, list)):
        yield from leaves(new, path)  # `securityContext:` and `{}` say nothing
    elif new in ("", "~", "null", {}, []) and isinstance(old, (dict, list)):
        yield from leaves(old, path)
    else:
        yield path


def covered(path, pointers):
    """Whether the path is one of the pointers or lies below one; `-` is any place in a list."""
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        head = "/".join(parts[:end])
        if head in pointers:
            return True
        if parts[end - 1].isdigit() and "/".join([*parts[: end - 1], "-"]) in pointers:
            return True
    return False


MISSING = object()


def lookup(value, pointer):
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def holds(value, wanted):
    """Whether `value` holds all of `wanted`; other changes may have added more."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        return all(key in value and holds(value[key], item) for key, item in wanted.items())
    if isinstance(wanted, list) and isinstance(value, list):
        return all(any(holds(item, want) for item in value) for want in wanted)
    return value == wanted


# --- One file --------------------------------------------------------------------------------------------------------


def identity(document):
    """(apiVersion, kind, name), of a parsed document or of an entry in the report."""
    if not isinstance(document, dict):
        return ("", "", "")
    metadata = document.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else document.get("name", "")
    return tuple(str(part or "") for part in (document.get("apiVersion"), document.get("kind"), name))


def generated(document):
    metadata = document.get("metadata") if isinstance(document, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and GENERATED_BY in annotations


def applied(document, prefix=""):
    """The applied changes of one document of the report, as (pointer, change)."""
    return [(prefix + change["pointer"], change) for change in document.get("changes", []) if change["fate"] == "applied"]


def changes_of(index, document, reported):
    """The applied changes of the document at `index`. Those of a List's items count for the List as well."""
    same = [entry for entry in reported if not entry.get("created") and identity(entry) == identity(document)]
    at_index = [entry for entry in same if entry.get("index") == index]
    found = [change for entry in at_index or same for change in applied(entry)]
    items = document.get("items") if isinstance(document, dict) else None
    for position, item in enumerate(items if isinstance(items, list) else []):
        for entry in reported:
            if identity(entry) == identity(item):
                found += [
                    (pointer if pointer.startswith("/items/") else f"/items/{position}{pointer}", change)
                    for pointer, change in applied(entry)
                ]
    return found


def examine(job):
    """What is wrong with one changed file, and (changes, comments, whether only whole lines were added)."""
    name, before, after, entry = job
    wrong = []
    try:
        old_text, new_text = before.decode("utf-8"), after.decode("utf-8")
    except UnicodeDecodeError:
        return [f"{name}: changed, though it is not UTF-8"], (0, 0, 0)

    if old_text.startswith("\ufeff") != new_text.startswith("\ufeff"):
        wrong.append(f"{name}: byte order mark lost or gained")
    if "\r\n" in old_text and not re.search(r"(?<!\r)\n", old_text) and re.search(r"(?<!\r)\n", new_text):
        wrong.append(f"{name}: CRLF file has a lone LF now")
    if "\r\n" not in old_text and "\r\n" in new_text:
        wrong.append(f"{name}: LF file has a CRLF now")

    count = 0
    try:
        old_comments, new_comments = comments(old_text), iter(comments(new_text))
        count = len(old_comments)
        lost = next((comment for comment in old_comments if comment not in new_comments), None)
        if lost is not None:
            wrong.append(f"{name}: comment lost or out of order: {lost!r}")
    except Unreadable as error:
        wrong.append(f"{name}: the scanner cannot read it: {error}")

    try:
        old_documents, new_documents = documents(old_text), documents(new_text)
    except yaml.YAMLError as error:
        return [*wrong, f"{name}: PyYAML cannot read it: {' '.join(str(error).split())[:200]}"], (0, count, 0)
    reported = entry.get("documents", [])
    created = sum(1 for document in reported if document.get("created"))
    if len(new_documents) > len(old_documents):
        known = [document for document in old_documents if generated(document)]
        new_documents = [document for document in new_documents if not generated(document) or document in known]
    if len(new_documents) != len(old_documents):
        wrong.append(f"{name}: {len(old_documents)} documents became {len(new_documents)}, {created} created by the report")
    number = 0
    for index, (old, new) in enumerate(zip(old_documents, new_documents)):
        changes = changes_of(index, old, reported)
        pointers = {pointer for pointer, _ in changes}
        number += len(changes)
        unnamed = [path for path in differences(old, new) if not covered(path, pointers)]
        if unnamed:
            wrong.append(f"{name}: document {index} differs where no applied change points: {', '.join(unnamed[:3])}")
        for pointer, change in {pointer: (pointer, change) for pointer, change in changes}.values():
            value, wanted = lookup(new, pointer), change.get("after")
            if wanted is None:
                if value is not MISSING and not pointer.rsplit("/", 1)[-1].isdigit():
                    wrong.append(f"{name}: document {index}: {pointer} should be gone")
            elif not pointer.endswith("/-") and not holds(value, from_json(wanted)):
                wrong.append(f"{name}: document {index}: {pointer} is not what the report says")
    rest = iter(new_text.splitlines())
    only_added = all(line in rest for line in old_text.splitlines())
    return wrong[:10], (number, count, int(only_added))


# --- The parts of the run --------------------------------------------------------------------------------------------


def check_outcome(label, before, after, found, allowed_to_refuse):
    """Compares what is on disk with what the report says, for one way of running."""
    status = collections.Counter()
    refused, jobs = {}, []
    for name, data in before.items():
        if not name.endswith(SUFFIXES) and data != after.get(name):
            violation(f"{label}: {name} was changed, though it is no manifest")
    names = manifests_of(before)
    for name in names:
        entry = found.get(name, {"status": "not in the report"})
        status[entry["status"]] += 1
        changed = before[name] != after.get(name)
        if name not in after:
            violation(f"{label}: {name} is gone")
        elif changed != (entry["status"] == "changed"):
            violation(f"{label}: {name} {'was' if changed else 'was not'} written, the report says: {entry['status']}")
        if entry["status"] == "refused":
            refused[name] = entry.get("reason") or "no reason given"
        if changed and name in after:
            jobs.append((f"{label}: {name}", before[name], after[name], entry))
    for name in after.keys() - before.keys():
        if not generated_file(after[name]):
            violation(f"{label}: {name} is new, and not a generated file")
    totals = [0, 0, 0]
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        for wrong, numbers in pool.imap_unordered(examine, jobs, chunksize=8):
            violations.extend(wrong)
            totals = [total + number for total, number in zip(totals, numbers)]
    say(f"{label}: {len(names)} files: " + ", ".join(f"{number} {name}" for name, number in sorted(status.items())))
    say(f"{label}: {totals[0]} changes applied; {totals[1]} comments kept in {len(jobs)} changed files; "
        f"{totals[2]} of these only gained lines")
    for name, reason in sorted(refused.items()):
        say(f"{label}: refused: {name}: {reason}")
    unexpected = [name for name in refused if name not in allowed_to_refuse]
    if len(unexpected) > MAX_REFUSED * len(names):
        violation(f"{label}: {len(unexpected)} of {len(names)} files that kubectl accepts are refused, over 0.5 %")


def generated_file(data):
    try:
        return all(generated(document) for document in documents(data.decode("utf-8")))
    except (UnicodeDecodeError, yaml.YAMLError):
        return False


def check_second_run(label, once, twice):
    moved = [name for name in once.keys() | twice.keys() if once.get(name) != twice.get(name)]
    for name in moved:
        violation(f"{label}: the second run changes {name}")
    say(f"{label}: the second run leaves {len(once) - len(moved)} of {len(once)} files as they are")


def together(binary, root, flags, scratch, allowed_to_refuse):
    before = contents(root)
    started = time.monotonic()
    _, report = fix(binary, root, flags, root, scratch / "together.json")
    say(f"together: one run, {time.monotonic() - started:.1f} s")
    once = contents(root)
    check_outcome("together", before, once, entries(report, root), allowed_to_refuse)
    fix(binary, root, flags, root)
    check_second_run("together", once, contents(root))


def alone(binary, root, flags, scratch, allowed_to_refuse):
    before = contents(root)
    names = manifests_of(before)
    reports = scratch / "reports"
    reports.mkdir()
    found = {}

    def one(job):
        number, name = job
        path = reports / f"{number}.json"
        code, report = fix(binary, root / name, flags, root, path)
        return name, code, entries(report, root)

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for name, code, entry in pool.map(one, enumerate(names)):
            found[name] = entry.get(name, {"status": "not in the report"})
            status = found[name]["status"]
            if (code == 2) != (status == "refused" or refused_change(found[name])):
                violation(f"alone: {name}: exit code {code}, but the report says: {status}")
    say(f"alone: {len(names)} runs, {time.monotonic() - started:.1f} s")
    once = contents(root)
    check_outcome("alone", before, once, found, allowed_to_refuse)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda name: fix(binary, root / name, flags, root), names))
    check_second_run("alone", once, contents(root))


def refused_change(entry):
    return any(
        change["fate"] == "refused" for document in entry.get("documents", []) for change in document.get("changes", [])
    )


def untouched(binary, corpus, scratch):
    """Templates and unreadable files: as they were, in a folder and when named."""
    for part in ("_templates", "_broken"):
        root = copy(corpus / part, scratch / part.strip("_"))
        before = contents(root)
        keep = [
            name for name in manifests_of(before)
            if part == "_broken" or is_template(before[name].decode("utf-8", "replace"))
        ]
        fix(binary, root, [], root, scratch / f"{part}.json")
        for name in keep:
            code, _ = fix(binary, root / name, [], root)
            if code == 0:
                violation(f"{part}: {name}: named, and yet exit code 0")
        after = contents(root)
        for name in keep:
            if before[name] != after.get(name):
                violation(f"{part}: {name} was changed")
        new = after.keys() - before.keys()
        if new and not all(generated_file(after[name]) for name in new):
            violation(f"{part}: new files: {sorted(new)}")
        others = [name for name in manifests_of(before) if name not in keep]
        changed = [name for name in others if before[name] != after.get(name)]
        say(f"{part}: {len(keep)} files left as they are; {len(others)} hold braces in quotes or comments only "
            f"and are manifests, {len(changed)} of them changed")


def kustomize(corpus, binary, scratch):
    """Every tree builds as before, but for what the report names."""
    kubectl = os.environ["KUBECTL"]
    lines = (corpus / "_index" / "kustomize.txt").read_text(encoding="utf-8").splitlines()
    trees = [line.split("\t")[0].removeprefix("_kustomize/") for line in lines if line and not line.startswith("#")]
    by_project = collections.defaultdict(list)
    for tree in trees:
        project, _, path = tree.partition("/")
        by_project[project].append(path)

    def build(path):
        done = subprocess.run([kubectl, "kustomize", path], capture_output=True, encoding="utf-8", timeout=300)
        return done.stdout if done.returncode == 0 else None, done.stderr.strip()[:300]

    built = hardened = skipped = 0
    for project, paths in by_project.items():
        root = copy(corpus / "_kustomize" / project, scratch / "kustomize" / project)
        old = {path: build(root / path) for path in paths}
        _, report = fix(binary, root, [], root, scratch / "kustomize.json")
        pointers, created, added = collections.defaultdict(set), set(), set()
        for entry in entries(report, root).values():
            for document in entry.get("documents", []):
                kind = document.get("kind") or ""
                if document.get("created"):
                    created.add(kind)
                # A build moves containers about: the numbers in the pointers may not be the same.
                pointers[kind] |= {any_index(pointer) for pointer, _ in applied(document)}
                # What an operation of a patch adds stands elsewhere in what it is for.
                if kind == "Patch":
                    added |= {any_index(pointer) for pointer, _ in applied(document)}
        once = contents(root)
        fix(binary, root, [], root)
        check_second_run(f"kustomize {project}", once, contents(root))
        for path in paths:
            label = f"kustomize {project}/{path}"
            before, reason = old[path]
            if before is None:
                say(f"{label}: does not build here, skipped: {reason}")
                skipped += 1
                continue
            after, reason = build(root / path)
            if after is None:
                violation(f"{label}: does not build any more: {reason}")
                continue
            built += 1
            hardened += before != after
            compare_builds(label, documents(before), documents(after), pointers, added)
    say(f"kustomize: {built} trees still build, {hardened} of them hardened, {skipped} skipped")


def any_index(pointer):
    return "/".join("*" if part.isdigit() or part == "-" else part for part in pointer.split("/"))


def of_patch(path, added):
    """Whether a patch has a change at this place of a container."""
    rest = path.partition("ontainers/*/")[2]
    return rest and any(pointer.startswith("/*/value/" + rest) or pointer.endswith("/" + rest) for pointer in added)


def compare_builds(label, before, after, pointers, added):
    def key(document):
        metadata = document.get("metadata", {})
        return (document.get("apiVersion"), document.get("kind"), metadata.get("namespace"), metadata.get("name"))

    old, new = {key(document): document for document in before}, {key(document): document for document in after}
    for name in old.keys() - new.keys():
        violation(f"{label}: {name} is not built any more")
    for name in new.keys() - old.keys():
        if not generated(new[name]):
            violation(f"{label}: {name} is new, and not generated")
    for name in old.keys() & new.keys():
        paths = differences(old[name], new[name])
        unnamed = [
            path for path in paths
            if not covered(any_index(path), pointers[name[1]]) and not of_patch(any_index(path), added)
        ]
        if unnamed:
            violation(f"{label}: {name[1]} {name[3]} differs where no applied change points: {', '.join(unnamed[:3])}")


def main():
    binary, corpus = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    started = time.monotonic()
    usage = subprocess.run([binary, "fix", "--help"], capture_output=True, encoding="utf-8").stdout
    flags = ["--no-context"] if "--no-context" in usage else []
    duplicate_keys = set((corpus / "_index" / "dupkeys.txt").read_text(encoding="utf-8").split())
    with tempfile.TemporaryDirectory(prefix="kubetemper-corpus-") as folder:
        scratch = pathlib.Path(folder)
        for way, run in (("together", together), ("alone", alone)):
            root = copy(corpus, scratch / way, skip=[path.name for path in corpus.glob("_*")])
            if way == "alone" and not flags:
                shutil.rmtree(root / ".git")  # without the flag, this keeps every run from reading all the others
            run(str(binary), root, flags, scratch, duplicate_keys)
        untouched(str(binary), corpus, scratch)
        kustomize(corpus, str(binary), scratch)
    shown = 60
    for what in violations[:shown]:
        say(f"VIOLATION: {what}")
    if len(violations) > shown:
        say(f"and {len(violations) - shown} more")
    say(f"{len(violations)} violations, {time.monotonic() - started:.0f} s")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

"""Applies the patches of `kubetemper patch` to a corpus with an implementation of RFC 6902 of its own.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/patches.py target/release/kubetemper ../shared/corpus

Each patch must give the object that `fix` writes, each changed object must have a patch, and the printed patches must
hold no value of an environment variable that the manifests had.
"""

import collections
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

import corpus as files

RUNS = ((), ("--override", "--profile", "strict"))


# --- RFC 6902, on values as `corpus.plain` gives them -----------------------------------------------------------------


class Failed(Exception):
    pass


def resolved(value):
    """A value with its scalars as YAML 1.1 reads them, so that `yes` is `true` and `0644` is `420`."""
    if isinstance(value, dict):
        return {key: resolved(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item) for item in value]
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def parent(document, path):
    *above, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    for part in above:
        try:
            document = document[int(part) if isinstance(document, list) else part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Failed(f"{path}: there is no {part}") from None
    if isinstance(document, list):
        return document, len(document) if last == "-" else int(last)
    if not isinstance(document, dict):
        raise Failed(f"{path}: its parent is {document!r}")
    return document, last


def patched(document, operations):
    document = copy.deepcopy(document)
    for operation in operations:
        place, key = parent(document, operation["path"])
        present = key in place if isinstance(place, dict) else key < len(place)
        value = files.from_json(operation.get("value"))
        match operation["op"]:
            case "add" if isinstance(place, list):
                place.insert(key, value)
            case "add":
                place[key] = value
            case "replace" if present:
                place[key] = value
            case "remove" if present:
                del place[key]
            case "test" if present and resolved(place[key]) == resolved(value):
                pass
            case _:
                raise Failed(f"fails: {operation}")
    return document


# --- Objects ----------------------------------------------------------------------------------------------------------


def objects(document, version="", kind=""):
    """The objects of a document with their keys; items of a typed list take its kind."""
    if not isinstance(document, dict):
        return
    version, kind = document.get("apiVersion", version), document.get("kind", kind)
    items = document.get("items")
    if kind.endswith("List") and isinstance(items, list):
        item_kind = kind.removesuffix("List")
        for item in items:
            yield from objects(item, version if item_kind else "", item_kind)
        return
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    yield (version, kind, metadata.get("namespace"), metadata.get("name")), document


def all_objects(data):
    return [found for document in files.documents(data.decode("utf-8")) for found in objects(document)]


def env_values(value):
    if isinstance(value, dict):
        for entry in value.get("env") if isinstance(value.get("env"), list) else []:
            if isinstance(entry, dict) and isinstance(entry.get("value"), str):
                yield entry["value"]
        for item in value.values():
            yield from env_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from env_values(item)


def compare(name, before, after, entries):
    """What is wrong with the patches of one file, and how many there were."""
    queues = collections.defaultdict(collections.deque)
    for entry in (entry for entry in entries if "patch" in entry):
        queues[entry["apiVersion"], entry["kind"], entry["namespace"], entry["name"]].append(entry["patch"])
    old, new = all_objects(before), all_objects(after)
    known = [document for _, document in old]
    new = [found for found in new if not files.generated(found[1]) or found[1] in known]
    if len(old) != len(new):
        return [f"{name}: {len(old)} objects became {len(new)}"], 0
    wrong, count = [], 0
    for (key, document), (_, wanted) in zip(old, new):
        if document == wanted or key[3] is None:
            continue
        if not queues[key]:
            wrong.append(f"{name}: {key} is changed and has no patch")
            continue
        operations = queues[key].popleft()
        count += 1
        try:
            if patched(document, operations) != wanted:
                wrong.append(f"{name}: {key}: the patch gives something else than fix")
        except Failed as error:
            wrong.append(f"{name}: {key}: {error}")
        # A container may be called what a variable says; its name is no secret.
        tests = [step for step in operations if step["op"] == "test" and not step["path"].endswith("/name")]
        printed = json.dumps(tests)
        leaked = [value for value in env_values(document) if len(value) > 12 and json.dumps(value) in printed]
        if leaked:
            wrong.append(f"{name}: {key}: a test prints the value of an environment variable")
    left = [key for key, queue in queues.items() if queue]
    return [*wrong, *(f"{name}: {key} has a patch and is not changed" for key in left)], count


def check(binary, root, flags):
    done = subprocess.run([binary, "patch", *flags, "."], cwd=root, capture_output=True, encoding="utf-8", timeout=600)
    before = files.contents(root)
    subprocess.run([binary, "fix", *flags, "."], cwd=root, capture_output=True, timeout=600, check=False)
    after = files.contents(root)
    by_file = collections.defaultdict(list)
    for entry in json.loads(done.stdout):
        by_file[entry["file"]].append(entry)
    wrong, count = [], 0
    for name in before:
        if before[name] != after[name] or by_file[name]:
            # A kustomize patch that adds containers changes and is no object; that is said.
            if f"{name}:" in done.stderr and "stands in a kustomize patch" in done.stderr:
                continue
            problems, number = compare(name, before[name], after[name], by_file[name])
            wrong, count = wrong + problems, count + number
    return wrong, count


def main():
    binary, corpus = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    failed = False
    for flags in RUNS:
        with tempfile.TemporaryDirectory(prefix="kubetemper-patches-") as folder:
            skip = [path.name for path in corpus.glob("_*")]
            root = files.copy(corpus, pathlib.Path(folder) / "corpus", skip=skip)
            wrong, count = check(str(binary), root, flags)
            shutil.rmtree(root)
        failed |= bool(wrong) or not count
        for what in wrong[:30]:
            print(f"patches: VIOLATION: {what}")
        print(f"patches: {' '.join(flags) or 'defaults'}: {count} patches, {len(wrong)} violations", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

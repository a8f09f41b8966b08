"""Guards speed by counting instructions, which do not depend on the clock.

    .ci/instructions.py BINARY BENCH [--write]

BINARY is the program, BENCH the benchmark, which makes the inputs. The floor is what raw events of yaml-rust2 take on the
same bytes; it is the same until the inputs, the library or the compiler change. For each axis it checks that

- the instructions of a run, as a multiple of the floor's, are not above the ceiling in .ci/instructions.json;
- an input that is twice as large takes at most 2.2 times the instructions.

`--write` counts the floors anew, by BENCH, which must be built as releases are (`cargo bench --bench speed --no-run`), and
sets the ceilings to a tenth above what was counted.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TABLE = os.path.join(os.path.dirname(__file__), "instructions.json")
GROWTH = 1.1  # of instructions, for each growth of the input
ROOM = 1.1  # above what was counted

binary, bench = sys.argv[1:3]
write = "--write" in sys.argv[3:]


def count(program, arguments, stdin=None):
    """Runs a program and counts its instructions."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, *arguments]
    with open(stdin or os.devnull, "rb") as source:
        done = subprocess.run(command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode > 1 or not found:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return int(found[1])


def main():
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run([bench, "--inputs", folder], check=True, stdout=subprocess.PIPE, text=True)
        pairs = json.loads(made.stdout)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            start = pool.submit(count, binary, ["--version"])
            nothing = pool.submit(count, bench, ["--floor"]) if write else None
            run = lambda case: pool.submit(count, binary, case["arguments"], case["stdin"])
            runs = [(pair, [run(case) for case in pair]) for pair in pairs]
            if write:
                floors = [pool.submit(count, bench, ["--floor", *pair[0]["inputs"]]) for pair in pairs]
                floors = [floor.result() - nothing.result() for floor in floors]
            else:
                known = json.load(open(TABLE))["floors"]
                floors = [known[pair[0]["name"]] for pair in pairs]
            start = start.result()
            counted = [(pair, [one.result() for one in both]) for pair, both in runs]
        sizes = [[sum(map(os.path.getsize, case["inputs"])) for case in pair] for pair, _ in counted]
    return judge(start, counted, floors, sizes)


def judge(start, counted, floors, sizes):
    ceilings = {} if write else json.load(open(TABLE))["ceilings"]
    results, failed = {"bare start": start}, False
    for (pair, (once, twice)), floor, (small, large) in zip(counted, floors, sizes):
        name = pair[0]["name"]
        ratio = (once - start) / floor
        growth = (twice - start) / (once - start)
        results[name] = round(ratio, 2)
        slow = growth > GROWTH * large / small
        failed |= slow
        print(f"{name}: {ratio:.2f} x floor; {large / small:.2f} x the input takes {growth:.2f} x the instructions"
              + (": MORE THAN LINEAR" if slow else ""))
    if write:
        ceilings = {name: round(value * ROOM, 2) for name, value in results.items()}
        ceilings["bare start"] = round(start * ROOM)
        names = [pair[0]["name"] for pair, _ in counted]
        table = {"floors": dict(zip(names, floors)), "ceilings": ceilings}
        with open(TABLE, "w") as file:
            file.write(json.dumps(table, indent=2) + "\n")
        return failed
    print(f"bare start: {start} instructions")
    for name, value in results.items():
        if name not in ceilings or value > ceilings[name]:
            failed = True
            print(f"{name}: {value} is above its ceiling, {ceilings.get(name)}; make it faster, or say why it is slower"
                  " and set the ceilings with --write")
    return failed


sys.exit(main())

"""Fills docs/krew/temper.yaml in for a release: the tag, the addresses, and the checksums that .ci/package.sh wrote.

    .ci/krew.py TAG FOLDER [--present]      # FOLDER holds kubetemper-TARGET.tar.gz.sha256; --present: leave out what is not there

The template is in the form of krew-release-bot, which may be used instead.
"""

import pathlib
import re
import sys

import yaml

TEMPLATE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "krew" / "temper.yaml"
CALL = re.compile(r'\{\{ addURIAndSha "(?P<uri>[^"]*\{\{ \.TagName \}\}[^"]*)" \.TagName.*?\}\}$')


def fill(template, tag, checksum):
    """The manifest; `checksum` takes the name of an archive, and gives None where it is left out."""
    lines = []
    for line in template.splitlines():
        call = CALL.search(line)
        if not call:
            lines.append(line.replace("{{ .TagName }}", tag))
            continue
        uri = call["uri"].replace("{{ .TagName }}", tag)
        sha256 = checksum(uri.rpartition("/")[2])
        lines += [f"    uri: {uri}", f"    sha256: {sha256 or 'none'}"]
    manifest = yaml.safe_load("\n".join(lines))
    platforms = manifest["spec"]["platforms"]
    manifest["spec"]["platforms"] = [platform for platform in platforms if platform["sha256"] != "none"]
    return manifest


class Plain(yaml.SafeDumper):
    """Without anchors: krew's index takes none."""

    def ignore_aliases(self, data):
        return True


Plain.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None))


def main(tag, folder, *flags):
    def checksum(archive):
        path = pathlib.Path(folder, f"{archive}.sha256")
        if "--present" in flags and not path.exists():
            return None
        return path.read_text().split()[0]

    manifest = fill(TEMPLATE.read_text(), tag, checksum)
    print(yaml.dump(manifest, Dumper=Plain, sort_keys=False, width=100), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])

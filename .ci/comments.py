"""The comments of a YAML text, found with libyaml's scanner: independent of kubetemper's own reader.

Everything that the scanner calls a token (scalars above all) is masked; what is left and starts with `#` is a comment.
`python comments.py FILE...` prints them; `python comments.py` alone runs the cases at the end.
"""

import sys

import yaml


class Unreadable(ValueError):
    """The scanner does not get through the text."""


def _spans(text):
    """(start, end) of every token, in characters; of a block scalar without the comment on its first line."""
    try:
        for token in yaml.scan(text, Loader=yaml.CLoader):
            start, end = token.start_mark.index, token.end_mark.index
            if start == end:
                continue
            if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
                header_end = min((at for at in (text.find(c, start) for c in "\r\n") if at >= 0), default=len(text))
                comment = text.find(" #", start, header_end)
                comment = comment if comment >= 0 else text.find("\t#", start, header_end)
                if comment >= 0:
                    yield start, comment
                    start = header_end
            yield start, end
    except yaml.YAMLError as error:
        raise Unreadable(" ".join(str(error).split())) from None


def comments(text):
    """Every comment of the text, from its `#` to the end of the line, in order."""
    found, at = [], 0
    for start, end in [*_spans(text), (len(text), len(text))]:
        while at < start:
            mark = text.find("#", at, start)
            if mark < 0:
                break
            # A comment runs to the end of its line, which is always before the next token.
            stop = min((stop for stop in (text.find(c, mark) for c in "\r\n") if stop >= 0), default=len(text))
            found.append(text[mark:stop].rstrip())
            at = stop
        at = max(at, end)
    return found


def is_template(text):
    """Whether the text holds `{{` where it is neither quoted, nor in a block scalar, nor in a comment."""
    if "{{" not in text:
        return False
    try:
        tokens = [
            token for token in yaml.scan(text, Loader=yaml.CLoader)
            if isinstance(token, yaml.ScalarToken) or token.start_mark.index != token.end_mark.index
        ]
    except yaml.YAMLError:
        return True
    for token, following in zip(tokens, [*tokens[1:], None]):
        if isinstance(token, yaml.ScalarToken):
            if token.plain and "{{" in token.value:
                return True
        elif isinstance(token, yaml.FlowMappingStartToken) and isinstance(following, yaml.FlowMappingStartToken):
            if token.end_mark.index == following.start_mark.index:
                return True
    return False


CASES = [
    ("# a\nb: 1 # c\n", ["# a", "# c"]),
    ("b: a#b\nc: 'x # y' # z\nd: \"# no\"\n", ["# z"]),
    ("b: | # head\n  # text\n# after\nc: 1\n", ["# head", "# after"]),
    ("b: |\n  # text\n  text # text\n\n # less indented\nc: 1\n", ["# less indented"]),
    ("b: >-  #head\n  # text\n  # text", ["#head"]),
    ("b: &a c # c\nd: *a # e\n", ["# c", "# e"]),
    ("b: !x c # d\n", ["# d"]),
    ("b: {a: 1, # one\n  c: 2} # two\n", ["# one", "# two"]),
    ("b: [a, 'q#', # one\n  c#d] # two\n", ["# one", "# two"]),
    ("\ufeff# bom\r\na: 1 # x\r\n# y\r\n", ["# bom", "# x", "# y"]),
    ("a: plain\n  more # end\nb: \"two\n  # no\n  lines\" # yes\n", ["# end", "# yes"]),
    ("a: 1\n--- # doc\nb: 1\n... # end\n# last", ["# doc", "# end", "# last"]),
    ("%YAML 1.1 # v\n--- !!map # m\na: 1\n", ["# v", "# m"]),
    ("- # dash\n  a: ü # ü\n- |-\n  # t\n-   #x\n  b\n", ["# dash", "# ü", "#x"]),
    ("# one\n\n#\n  #  three  \n", ["# one", "#", "#  three"]),
    ("a:\n  - |\n    # t\n\n  # own\n  - b\n", ["# own"]),
    ("", []),
]


def self_test():
    for text, expected in CASES:
        assert comments(text) == expected, (text, comments(text), expected)
    for text, expected in [
        ("a: {{ .b }}\n", True), ("a: '{{ .b }}'\n", False), ("# {{ a }}\nb: 1\n", False), ("a: |\n  {{ b }}\n", False),
        ("{{- if x }}\na: 1\n{{ end }}\n", True), ("a: x-{{ b }}\n", True), ("a: { {b: c}: d}\n", False),
    ]:
        assert is_template(text) == expected, text
    print(f"comments.py: {len(CASES)} cases hold")


if __name__ == "__main__":
    if not sys.argv[1:]:
        self_test()
    for path in sys.argv[1:]:
        print("\n".join(comments(open(path, encoding="utf-8", newline="").read())))

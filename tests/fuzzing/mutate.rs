//! Seeded mutations: bytes, tokens of YAML and Kubernetes, lines, and pieces of other seeds.

use std::ops::Range;

/// Longer inputs are cut: `long.rs` is about those.
const MOST: usize = 16 << 10;

/// What means something to one of the readers.
const TOKENS: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "\n  ",
    "\n- ",
    "\n---\n",
    "\n...\n",
    "---",
    "...",
    "- ",
    "-",
    "? ",
    ": ",
    ":",
    ",",
    "{",
    "}",
    "[",
    "]",
    "{}",
    "[]",
    "#",
    " # c\n",
    "# kubetemper: keep *: why\n",
    "# kubetemper: keep drop-capabilities\n",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "! ",
    "!x ",
    "|",
    "|-",
    "|+",
    "|2",
    ">",
    ">-",
    "\"",
    "'",
    "''",
    "\\",
    "\\n",
    "\"\"",
    "~",
    "null",
    "yes",
    "no",
    "on",
    "true",
    "false",
    "0",
    "-1",
    "0o17",
    "0644",
    "1e3",
    ".inf",
    "2147483648",
    "9223372036854775808",
    "%YAML 1.1\n",
    "%TAG",
    "@",
    "`",
    "{{ .x }}",
    "{{",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{e9}",
    "\u{1f6a2}",
    "\u{0}",
    "\u{7f}",
    "apiVersion: v1\n",
    "kind: Pod\n",
    "kind: List\n",
    "items:\n",
    "metadata:\n",
    "spec:\n",
    "containers:\n",
    "initContainers:\n",
    "ephemeralContainers:\n",
    "- name: a\n",
    "name: a\n",
    "image: nginx\n",
    "securityContext:\n",
    "securityContext: {}\n",
    "securityContext: null\n",
    "privileged: true\n",
    "runAsUser: 0\n",
    "runAsNonRoot: false\n",
    "hostNetwork: true\n",
    "allowPrivilegeEscalation: false\n",
    "capabilities: {add: [ALL]}\n",
    "seccompProfile: {type: Unconfined}\n",
    "volumes:\n",
    "hostPath: {path: /}\n",
    "emptyDir: {}\n",
    "annotations:\n",
    "kubetemper.dev/keep: \"*=x\"\n",
    "ownerReferences: [{kind: A, name: b}]\n",
    "resources:\n",
    "limits: {memory: 64Mi}\n",
    "namespace: kube-system\n",
    "os: {name: windows}\n",
    "hostUsers: false\n",
    "template:\n",
    "kind: Namespace\n",
    "kind: CronJob\n",
    "apiVersion: batch/v1\n",
    "$patch: delete\n",
    "sops: {}\n",
    "uid: x\n",
    "resources: [a.yaml]\n",
    "%%% kubetemper.yaml\n",
    "%%% a/kustomization.yaml\n",
    "%%% a/b.yaml\n",
    "podTemplate: /spec/*\n",
    "Ki",
    "m",
    "@sha256:",
    "://",
    "$(A)",
    "$(",
    "sudo ",
    "; ",
    " | ",
    " > /x ",
    "for i in ",
    "do ",
    "done",
];

/// A random number generator (xorshift64*), so that a seed says everything.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from((self.next() >> 16) % bound).unwrap()
    }

    fn pick<'t, T: ?Sized>(&mut self, from: &'t [&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// Makes inputs of seeds.
pub(crate) struct Mutator<'s> {
    random: Random,
    seeds: &'s [Vec<u8>],
    header: usize,
}

impl<'s> Mutator<'s> {
    pub(crate) fn new(seed: u64, seeds: &'s [Vec<u8>], header: usize) -> Self {
        Self {
            random: Random::new(seed),
            seeds,
            header,
        }
    }

    /// The next input: a seed with a few changes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let seed = self.seed();
        let (header, text) = seed.split_at(self.header.min(seed.len()));
        let mut header = header.to_vec();
        for byte in &mut header {
            if self.random.below(3) == 0 {
                *byte = self.random.byte();
            }
        }
        let mut text = text.to_vec();
        for _ in 0..=self.random.below(2 + self.random_depth()) {
            self.change(&mut text);
        }
        text.truncate(MOST);
        header.extend(text);
        header
    }

    fn random_depth(&self) -> usize {
        // Most inputs get few changes, so that they stay near what means something.
        if self.random.0.is_multiple_of(8) {
            12
        } else {
            2
        }
    }

    fn seed(&mut self) -> &'s [u8] {
        &self.seeds[self.random.below(self.seeds.len())]
    }

    fn change(&mut self, text: &mut Vec<u8>) {
        let at = self.boundary(text);
        match self.random.below(12) {
            0..4 => drop(text.splice(at..at, self.random.pick(TOKENS).bytes())),
            4 => {
                let range = self.range(text);
                text.splice(range, self.random.pick(TOKENS).bytes());
            }
            5 => drop(text.drain(self.range(text))),
            6 => {
                let piece = text[self.range(text)].to_vec();
                text.splice(at..at, piece);
            }
            7 => {
                let seed = self.seed();
                let piece = seed[self.header.min(seed.len())..].to_vec();
                let piece = piece[self.range(&piece)].to_vec();
                text.splice(at..at, piece);
            }
            8 => {
                let line = self.line(text);
                let copy = text[line].to_vec();
                let to = self.line(text).start;
                text.splice(to..to, copy);
            }
            9 => drop(text.drain(self.line(text))),
            10 => {
                let line = self.line(text);
                match self.random.below(3) {
                    0 if text[line.clone()].starts_with(b"  ") => {
                        drop(text.drain(line.start..line.start + 2));
                    }
                    1 => drop(text.splice(line.start..line.start, *b" ")),
                    _ => drop(text.splice(line.start..line.start, *b"  ")),
                }
            }
            _ if text.is_empty() => {}
            _ => {
                let at = self.random.below(text.len());
                text[at] = self.random.byte() & 0x7f;
            }
        }
    }

    /// A place where a character may begin.
    fn boundary(&mut self, text: &[u8]) -> usize {
        let mut at = self.random.below(text.len() + 1);
        while at < text.len() && text[at] & 0xc0 == 0x80 {
            at += 1;
        }
        at
    }

    /// A piece, mostly a short one.
    fn range(&mut self, text: &[u8]) -> Range<usize> {
        let (one, other) = (self.boundary(text), self.boundary(text));
        let most = [8, 32, 128, 4096][self.random.below(4)];
        let (start, mut end) = (one.min(other), one.max(other).min(one.min(other) + most));
        while end < text.len() && text[end] & 0xc0 == 0x80 {
            end += 1;
        }
        start..end
    }

    /// A line with its end.
    fn line(&mut self, text: &[u8]) -> Range<usize> {
        let at = self.random.below(text.len() + 1);
        let start = text[..at]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = text[at..].iter().position(|byte| *byte == b'\n');
        start..end.map_or(text.len(), |end| at + end + 1)
    }
}

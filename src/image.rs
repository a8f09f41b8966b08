//! References to images: `[registry/]path[:tag][@digest]`.

/// The parts of an image reference, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// The registry's host, with its port; `None` means Docker Hub.
    pub registry: Option<&'a str>,
    /// The repository below the registry.
    pub path: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest, with its algorithm. It decides, whatever the tag says.
    pub digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// Reads a reference; `None` when it is none, as in a manifest that is yet to be filled in.
    #[must_use]
    pub fn parse(reference: &'a str) -> Option<Self> {
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name[last..].rfind(':') {
            Some(colon) => (&name[..last + colon], Some(&name[last + colon + 1..])),
            None => (name, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host), path)
            }
            _ => (None, name),
        };
        let is_host = |host: &str| {
            let byte = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
            !host.is_empty() && host.bytes().all(byte)
        };
        let is_path = |path: &str| {
            let byte = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte)
            };
            path.split('/').all(|part| !part.is_empty()) && path.bytes().all(byte)
        };
        let is_tag = |tag: &str| {
            let byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !tag.is_empty() && tag.bytes().all(byte)
        };
        let is_digest = |digest: &str| {
            digest.split_once(':').is_some_and(|(algorithm, hex)| {
                let byte = |byte: u8| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte);
                !algorithm.is_empty()
                    && algorithm.bytes().all(byte)
                    && hex.len() >= 32
                    && hex.bytes().all(|b| b.is_ascii_hexdigit())
            })
        };
        let valid = registry.is_none_or(is_host)
            && is_path(path)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        valid.then_some(Self {
            registry,
            path,
            tag,
            digest,
        })
    }

    /// The last part of the path.
    #[must_use]
    pub fn basename(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Tells whether the kubelet takes it for a tag that moves, and pulls it each time unless told otherwise.
    #[must_use]
    pub fn is_latest(&self) -> bool {
        match self.tag {
            Some(tag) => tag == "latest",
            None => self.digest.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn parts() {
        let with_digest = format!("quay.io/a/b:1@{DIGEST}");
        for (text, registry, path, tag, digest) in [
            ("nginx", None, "nginx", None, None),
            ("nginx:1.27", None, "nginx", Some("1.27"), None),
            ("library/nginx", None, "library/nginx", None, None),
            ("localhost/app", Some("localhost"), "app", None, None),
            (
                "localhost:5000/app",
                Some("localhost:5000"),
                "app",
                None,
                None,
            ),
            (
                "host:5000/a/app:v1",
                Some("host:5000"),
                "a/app",
                Some("v1"),
                None,
            ),
            ("ghcr.io/a/b", Some("ghcr.io"), "a/b", None, None),
            (
                &with_digest,
                Some("quay.io"),
                "a/b",
                Some("1"),
                Some(DIGEST),
            ),
        ] {
            let image = Image {
                registry,
                path,
                tag,
                digest,
            };
            assert_eq!(Image::parse(text), Some(image), "{text}");
        }
    }

    #[test]
    fn what_is_no_reference() {
        for text in [
            "",
            " ",
            "a b",
            "App",
            "$(IMAGE)",
            "a:",
            "a@sha256:1",
            "a//b",
            "/a",
            "${X}:1",
            "a b.c/d",
            "$(HOST).example.com/d",
        ] {
            assert_eq!(Image::parse(text), None, "{text}");
        }
    }

    #[test]
    fn latest_is_the_tag_that_nobody_wrote() {
        let latest = |text: &str| Image::parse(text).is_some_and(|image| image.is_latest());
        assert!(latest("a") && latest("a:latest") && latest(&format!("a:latest@{DIGEST}")));
        assert!(!latest("a:1") && !latest(&format!("a@{DIGEST}")));
    }
}

//! References to images, and what is known of them.

use kubetemper::image::Image;
use kubetemper::images::Library;

pub(super) const WORDS: &[&str] = &[
    "nginx",
    "nginx:1.27",
    "library/nginx",
    "docker.io/library/nginx:latest",
    "localhost:5000/a/b",
    "ghcr.io/a/b:v1",
    "quay.io/a/b:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "a:",
    "a@",
    "$(IMAGE)",
    "busybox:1.36-musl",
    "registry.k8s.io/pause:3.9",
    "A/b",
    "a//b",
    "[::1]:5000/a",
    "postgres:16.2-alpine",
    "a:1:2",
];

/// Takes a reference apart, and looks it up.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let library = Library::default();
    let _ = library.find(text);
    let _ = library.with_other_tags(text);
    let Some(image) = Image::parse(text) else {
        return;
    };
    let part = |before: &str, part: Option<&str>| {
        part.map_or_else(String::new, |part| format!("{before}{part}"))
    };
    let registry = image
        .registry
        .map_or_else(String::new, |host| format!("{host}/"));
    let whole = format!(
        "{registry}{}{}{}",
        image.path,
        part(":", image.tag),
        part("@", image.digest)
    );
    assert_eq!(whole, text);
    assert!(!image.path.is_empty() && !image.basename().is_empty());
    assert!(image.path.ends_with(image.basename()));
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    assert!(!image.is_latest() || image.tag.is_none_or(|tag| tag == "latest"));
}

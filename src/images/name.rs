//! One name for each image, whichever registry or mirror it comes from.

use crate::image::Image;

/// Names of Docker Hub.
const HUB: [&str; 4] = [
    "mirror.gcr.io",
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
];

/// The names that an image may have in the table, the likeliest first.
pub(super) fn names(image: &Image<'_>) -> Vec<String> {
    let name = canonical(image.registry, image.path);
    let mut names = mirrored(&name);
    names.insert(0, name);
    names
}

/// The name of a registry's repository under which the table has it.
pub(super) fn canonical(registry: Option<&str>, path: &str) -> String {
    let hub = |path: &str| {
        if path.contains('/') {
            format!("docker.io/{path}")
        } else {
            format!("docker.io/library/{path}")
        }
    };
    match registry {
        registry if registry.is_none_or(|registry| HUB.contains(&registry)) => hub(path),
        Some("public.ecr.aws") => match path.strip_prefix("docker/") {
            Some(path) => hub(path),
            None => format!("public.ecr.aws/{path}"),
        },
        Some("k8s.gcr.io") => format!("registry.k8s.io/{path}"),
        registry => format!("{}/{path}", registry.unwrap_or_default()),
    }
}

/// The canonical form of a pattern of the table.
pub(super) fn pattern(pattern: &str) -> String {
    match pattern.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            canonical(Some(host), path)
        }
        _ => canonical(None, pattern),
    }
}

/// What Rancher's mirror of an image may be a mirror of: nobody can tell where the organisation's name ends.
fn mirrored(name: &str) -> Vec<String> {
    let Some(rest) = name.strip_prefix("docker.io/rancher/mirrored-") else {
        return Vec::new();
    };
    let dashes = rest.match_indices('-').map(|(at, _)| at);
    let name = |at: usize| format!("docker.io/{}/{}", &rest[..at], &rest[at + 1..]);
    dashes.map(name).collect()
}

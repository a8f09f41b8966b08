//! Guards of bases and their overlays.

use super::*;

#[test]
fn what_an_overlay_adds_is_named() {
    let base = "resources:\n- ns.yaml\n- web.yaml\n";
    let overlay = "resources:\n- ../base\n- job.yaml\n";
    let job = WORKLOAD.replace("name: web", "name: extra");
    let elsewhere = "resources:\n- late.yaml\n";
    let late = WORKLOAD.replace("name: web", "name: late");
    for (folder_name, listing, file, text, words) in [
        (
            "overlay",
            overlay,
            "job.yaml",
            job,
            "an overlay adds Deployment/extra",
        ),
        (
            "apart",
            elsewhere,
            "late.yaml",
            late,
            "Deployment/late of late.yaml, which is deployed by itself, runs here too",
        ),
    ] {
        let (list, path) = (
            format!("{folder_name}/kustomization.yaml"),
            format!("{folder_name}/{file}"),
        );
        let folder = Folder::new(&[
            ("base/kustomization.yaml", base),
            ("base/ns.yaml", NAMESPACE),
            ("base/web.yaml", WORKLOAD),
            (&list, listing),
            (&path, &text),
        ]);
        let done = folder.run(&["check", "."]);
        assert!(done.stdout.contains(words), "{}", done.stdout);
    }
}

/// What a base is given, every overlay of it has.
#[test]
fn an_overlay_of_a_guarded_base_gets_no_guards_of_its_own() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    let overlay = "namespace: prod\nresources: [../base]\n";
    let folder = Folder::new(&[
        (
            "base/kustomization.yaml",
            "resources: [ns.yaml, web.yaml]\n",
        ),
        ("base/ns.yaml", namespace),
        ("base/web.yaml", WORKLOAD),
        ("overlay/kustomization.yaml", overlay),
        (".git/HEAD", ""),
    ]);
    let done = folder.run(&[
        "fix",
        "--guards",
        "all",
        "--only",
        "default-deny-network",
        ".",
    ]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let base = folder.read("base/ns.yaml");
    assert!(base.contains("NetworkPolicy"), "{base}");
    assert_eq!(folder.read("overlay/kustomization.yaml"), overlay);
    assert!(!folder.path("overlay/kubetemper-prod.yaml").exists());
}

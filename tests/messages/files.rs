//! Files that cannot be read or written.

use std::fs;

use crate::{folder, run_in, says};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: a}]}\n";

#[test]
fn no_utf_8() {
    let folder = folder(&[]);
    fs::write(
        folder.path().join("a.yaml"),
        b"apiVersion: v1\nkind: \xff\n",
    )
    .unwrap();
    let said = run_in(&folder, &["check", "a.yaml"], "");
    assert!(
        said.stderr.contains("the file is not UTF-8 from here on")
            || said.stdout.contains("the file is not UTF-8 from here on")
    );
    assert!(
        said.stderr.contains("convert it to UTF-8") || said.stdout.contains("convert it to UTF-8")
    );
    fs::write(folder.path().join("kubetemper.yaml"), b"\xff").unwrap();
    let said = run_in(&folder, &["check", "."], "");
    assert!(
        said.stderr.contains("the file is not UTF-8; convert it"),
        "{}",
        said.stderr
    );
}

#[test]
fn no_leave_to_write() {
    let folder = folder(&[("a.yaml", POD)]);
    let path = folder.path().join("a.yaml");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let said = run_in(&folder, &["fix", "."], "");
    let all = said.stdout + &said.stderr;
    assert!(all.contains("cannot write: the file is read-only"), "{all}");
    assert!(all.contains("the file is as it was"), "{all}");
    assert_eq!(fs::read_to_string(&path).unwrap(), POD);
}

#[test]
fn a_file_that_somebody_else_changed() {
    let folder = folder(&[("a.yaml", "new")]);
    let error =
        kubetemper::output::replace(&folder.path().join("a.yaml"), "old", "ours").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file was changed by someone else meanwhile; run again"
    );
}

#[test]
fn a_patch_that_is_somebody_else_s() {
    let files = [("a.yaml", POD), ("out/pod-app.json", "{}")];
    let message =
        "there is another file of this name, and it stays as it is; choose another folder";
    says(
        &files,
        &["patch", "a.yaml", "--output", "out"],
        "",
        2,
        message,
    );
}

#[test]
fn a_comment_that_a_chart_loses() {
    let kept = format!("# kubetemper: keep drop-capabilities: why\n{POD}");
    let files = [
        ("c/Chart.yaml", "name: c\n"),
        ("c/templates/a.yaml", &*kept),
    ];
    let message = "write it as the annotation kubetemper.dev/keep of the object";
    says(&files, &["check", "c/templates/a.yaml"], "", 1, message);
}

#[test]
fn patches_that_are_in_doubt() {
    let files = [("a.yaml", POD), ("b.yaml", POD)];
    says(
        &files,
        &["patch", "."],
        "",
        1,
        "take care which patch you apply to which",
    );
    let folder = folder(&[("a.yaml", POD)]);
    run_in(&folder, &["patch", "a.yaml", "--output", "out"], "");
    fs::write(
        folder.path().join("a.yaml"),
        POD.replace("name: app}\nspec", "name: other}\nspec"),
    )
    .unwrap();
    let said = run_in(&folder, &["patch", "a.yaml", "--output", "out"], "");
    assert!(
        said.stderr
            .contains("is from an earlier run, and this run has no use for it"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_configuration_under_generators() {
    let own = "apiVersion: kubetemper.dev/v1alpha1\n  kind: Hardening\n  metadata: {name: k}\n";
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  {own}items:\n- {own}"
    );
    let message =
        "kustomize gives a generator no resources: list this configuration under `transformers:`";
    says(&[], &["render", "-"], &list, 0, message);
}

#[test]
fn what_is_no_file_of_manifests() {
    let message = "this is a device; `-` names standard input";
    says(&[], &["check", "/dev/null"], "", 2, message);
    let error = kubetemper::output::replace(folder(&[]).path(), "", "").unwrap_err();
    assert_eq!(error.to_string(), "this is no regular file");
}

#[test]
fn settings_that_never_end() {
    let folder = folder(&[("a.yaml", POD)]);
    let images = fs::File::create(folder.path().join("images.yaml")).unwrap();
    images.set_len((16 << 20) + 1).unwrap();
    let said = run_in(&folder, &["check", "--images", "images.yaml", "a.yaml"], "");
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    let message = "the file has more than 16777216 bytes";
    assert!(said.stderr.contains(message), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn a_report_that_a_link_leads_elsewhere() {
    let folder = folder(&[("a.yaml", POD), ("mine.txt", "mine")]);
    std::os::unix::fs::symlink("mine.txt", folder.path().join("report.json")).unwrap();
    let said = run_in(&folder, &["check", "--report", "report.json", "a.yaml"], "");
    assert_eq!(said.code, 2, "{}", said.stderr);
    let message = "this is a symbolic link; name the file that it leads to, mine.txt";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    let mine = fs::read_to_string(folder.path().join("mine.txt")).unwrap();
    assert_eq!(mine, "mine");
}

/// What nothing would be changed in passes as it is; here something would.
#[test]
fn a_value_that_no_object_holds() {
    let long = "x".repeat((8 << 20) + 1);
    let pod = POD.replace(
        "{name: app}\n",
        &format!("{{name: app, labels: {{a: {long}}}}}\n"),
    );
    let said = run_in(
        &folder(&[]),
        &[
            "render",
            "-",
            "--recreate",
            "--limit",
            "line-length=10000000",
        ],
        &pod,
    );
    assert!(said.code == 2 && said.stdout.is_empty());
    for message in [
        "this value has 8388609 bytes, more than 8388608",
        "no object of Kubernetes holds that much; keep it elsewhere",
    ] {
        assert!(said.stderr.contains(message), "{}", said.stderr);
    }
}

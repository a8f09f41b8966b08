//! What other files tell about a pod, and where they are looked for.

use super::support::{Folder, run};

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop}
spec:
  serviceAccountName: app
  containers:
  - name: app
    image: a
";

const BINDING: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads-pods, namespace: shop}
subjects: [{kind: ServiceAccount, name: app, namespace: shop}]
roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
";

const ACCOUNT: &str =
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app, namespace: shop}\n";

/// Why the token is kept, or at which risk it goes.
fn verdict(folder: &Folder, flags: &[&str]) -> String {
    let arguments = [&["explain", "disable-token-mount", "app/pod.yaml"], flags].concat();
    let done = folder.run(&arguments);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let rows = done
        .stdout
        .lines()
        .filter(|line| line.contains("risk") || line.contains("outcome"));
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_binding_anywhere_below_the_git_root_keeps_the_token() {
    let folder = Folder::new(&[
        ("app/pod.yaml", POD),
        ("rbac/binding.yaml", BINDING),
        (".git/HEAD", ""),
    ]);
    assert!(
        verdict(&folder, &[]).contains("RoleBinding/reads-pods gives ServiceAccount app a role")
    );
    assert!(!verdict(&folder, &["--no-context"]).contains("RoleBinding"));
}

#[test]
fn an_account_without_a_binding_lowers_the_risk() {
    let folder = Folder::new(&[
        ("app/pod.yaml", POD),
        ("rbac/account.yaml", ACCOUNT),
        (".git/HEAD", ""),
    ]);
    assert!(
        verdict(&folder, &[]).contains("risk      low"),
        "{}",
        verdict(&folder, &[])
    );
    assert!(verdict(&folder, &["--no-context"]).contains("risk      high"));
}

#[test]
fn context_can_be_named_also_for_standard_input() {
    let folder = Folder::new(&[
        ("app/pod.yaml", POD),
        ("rbac/binding.yaml", BINDING),
        ("other/x.yaml", ACCOUNT),
    ]);
    assert!(verdict(&folder, &["--context", "rbac"]).contains("RoleBinding/reads-pods"));
    assert!(verdict(&folder, &["--context", "other"]).contains("risk      low"));
    let arguments = ["render", "--max-risk", "high", "--recreate", "--context"];
    let with = |context: &str| {
        let done = run(
            Some(folder.root()),
            &[&arguments[..], &[context]].concat(),
            POD,
        );
        done.stdout.contains("automountServiceAccountToken: false")
    };
    assert!(with("other") && !with("rbac/binding.yaml"));
}

#[test]
fn without_a_git_root_only_the_files_beside_a_file_count() {
    let folder = Folder::new(&[("app/pod.yaml", POD), ("app/below/binding.yaml", BINDING)]);
    assert!(!verdict(&folder, &[]).contains("RoleBinding"));
    folder.write("app/binding.yaml", BINDING.as_bytes());
    assert!(verdict(&folder, &[]).contains("RoleBinding"));
}

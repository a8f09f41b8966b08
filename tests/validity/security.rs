//! Security contexts.

use serde_json::json;

use super::{check, context, pod, rejections, rules};

#[test]
fn privilege_escalation() {
    check(
        "privilege-escalation-privileged",
        &context(&json!({"allowPrivilegeEscalation": false, "privileged": true})),
        &context(&json!({"allowPrivilegeEscalation": true, "privileged": true})),
    );
    let add = |name: &str| {
        context(&json!({"allowPrivilegeEscalation": false, "capabilities": {"add": [name]}}))
    };
    check(
        "privilege-escalation-sys-admin",
        &add("CAP_SYS_ADMIN"),
        &add("SYS_ADMIN"),
    );
}

#[test]
fn the_text_is_that_of_the_api_server() {
    let pod = context(&json!({"allowPrivilegeEscalation": false, "privileged": true}));
    let text = "container \"app\": securityContext: \
                cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    let found = rejections(&json!({}), &pod);
    assert_eq!(
        found.into_iter().next(),
        Some(("privilege-escalation-privileged", text.to_owned()))
    );
}

#[test]
fn profiles() {
    for (field, rule) in [
        ("seccompProfile", "seccomp-localhost-profile"),
        ("appArmorProfile", "app-armor-localhost-profile"),
    ] {
        let named = |kind: &str| json!({field: {"type": kind, "localhostProfile": "mine"}});
        let unnamed = |kind: &str| json!({field: {"type": kind}});
        for (bad, good) in [
            (named("RuntimeDefault"), named("Localhost")),
            (unnamed("Localhost"), unnamed("RuntimeDefault")),
        ] {
            check(rule, &context(&bad), &context(&good));
            check(
                rule,
                &pod(&json!({"securityContext": bad})),
                &pod(&json!({"securityContext": good})),
            );
        }
    }
}

#[test]
fn annotations_and_fields() {
    let default = json!({"securityContext": {
        "appArmorProfile": {"type": "RuntimeDefault"}, "seccompProfile": {"type": "RuntimeDefault"},
    }});
    for (rule, key, good, bad) in [
        (
            "app-armor-annotation",
            "container.apparmor.security.beta.kubernetes.io/app",
            "runtime/default",
            "localhost/mine",
        ),
        (
            "seccomp-annotation",
            "seccomp.security.alpha.kubernetes.io/pod",
            "docker/default",
            "unconfined",
        ),
    ] {
        let rules = |text: &str| -> Vec<_> {
            let found = rejections(&json!({key: text}), &pod(&default));
            found.into_iter().map(|(rule, _)| rule).collect()
        };
        assert_eq!(rules(bad), [rule]);
        assert!(rules(good).is_empty());
    }
    let local = json!({"seccompProfile": {"type": "Localhost", "localhostProfile": "a"}});
    let key = "container.seccomp.security.alpha.kubernetes.io/app";
    let count = |text: &str| rejections(&json!({key: text}), &context(&local)).len();
    assert_eq!((count("localhost/a"), count("localhost/b")), (0, 1));
}

#[test]
fn ids() {
    for field in ["runAsUser", "runAsGroup"] {
        for bad in [json!(-1), json!(2_147_483_648_u64), json!(1.5), json!("1")] {
            let good = context(&json!({field: 2_147_483_647}));
            check("id-range", &context(&json!({field: bad})), &good);
        }
    }
    for (bad, good) in [
        (json!({"fsGroup": -1}), json!({"fsGroup": 0})),
        (
            json!({"supplementalGroups": [1, -2]}),
            json!({"supplementalGroups": [1, 2]}),
        ),
    ] {
        check(
            "id-range",
            &pod(&json!({"securityContext": bad})),
            &pod(&json!({"securityContext": good})),
        );
    }
}

#[test]
fn root_that_may_not_be_root() {
    let user = |user: u64| context(&json!({"runAsUser": user, "runAsNonRoot": true}));
    check("non-root-user", &user(0), &user(1));
    let mut inherited = context(&json!({"runAsNonRoot": true}));
    inherited["securityContext"] = json!({"runAsUser": 0});
    assert_eq!(rules(&inherited), ["non-root-user"]);
}

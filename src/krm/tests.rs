//! Lists of functions.

#![allow(clippy::unwrap_used)]

use super::*;

const LIST: &str = "\
# sent by kpt
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Service # ours
  metadata:
    name: web
    annotations:
      internal.config.kubernetes.io/path: web.yaml
      internal.config.kubernetes.io/index: '1'
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: none}
functionConfig:
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: config}
  data: {profile: strict, target: '1.30', transforms: '{default-resources: {memoryLimit: 1Gi}}'}
";

#[test]
fn only_one_list_is_a_list() {
    assert!(ResourceList::read(LIST).is_some());
    for version in ["v1beta1", "v1alpha1"] {
        let text = LIST.replace("io/v1\n", &format!("io/{version}\n"));
        assert!(ResourceList::read(&text).is_some(), "{version}");
    }
    assert!(ResourceList::read(&format!("---\n{LIST}---\n# end\n")).is_some());
    assert!(ResourceList::read(&format!("{LIST}---\n{LIST}")).is_none());
    assert!(ResourceList::read(&LIST.replace("config.kub", "example.kub")).is_none());
    assert!(ResourceList::read("ResourceList: [").is_none());
}

#[test]
fn the_entries_of_a_config_map_are_the_keys_of_a_specification() {
    let list = ResourceList::read(LIST).unwrap();
    let spec = list.configuration().unwrap().unwrap().spec;
    assert_eq!(spec.profile, Some(crate::settings::Profile::Strict));
    assert_eq!(
        crate::pod_security::Version::from(spec.target.unwrap()),
        crate::pod_security::Version::new(30)
    );
    assert_eq!(spec.transforms.len(), 1);
    let error = |from: &str, to: &str| {
        let text = LIST.replace(from, to);
        let list = ResourceList::read(&text).unwrap();
        list.configuration().unwrap_err().to_string()
    };
    assert_eq!(
        error("profile: strict", "profil: strict"),
        "functionConfig: spec.profil: there is no such key; did you mean `profile`?"
    );
    assert_eq!(
        error("profile: strict", "recreate: true"),
        "functionConfig: data.recreate: the entries of a ConfigMap are strings; put it in quotes"
    );
}

#[test]
fn another_configuration_is_not_ours() {
    let text = LIST.replace(
        "kind: ConfigMap\n  metadata: {name: config}",
        "kind: Harden",
    );
    let error = ResourceList::read(&text)
        .unwrap()
        .configuration()
        .unwrap_err();
    assert!(error.to_string().starts_with("functionConfig: "), "{error}");
    let none = &LIST[..LIST.find("functionConfig").unwrap()];
    assert!(
        ResourceList::read(none)
            .unwrap()
            .configuration()
            .unwrap()
            .is_none()
    );
}

#[test]
fn results_are_added_and_replaced() {
    let list = ResourceList::read(LIST).unwrap();
    let text = list.with_results(vec![json!({"message": "a"})]).unwrap();
    assert_eq!(text, format!("{LIST}results:\n- message: a\n"));
    let again = ResourceList::read(&text).unwrap();
    assert_eq!(again.with_results(Vec::new()).unwrap(), LIST);
    assert_eq!(list.with_results(Vec::new()).unwrap(), LIST);
}

#[test]
fn files_and_fields() {
    let list = ResourceList::read(LIST).unwrap();
    let file = list.file("/items/0/spec/containers/0");
    assert_eq!(file, Some(json!({"path": "web.yaml", "index": 1})));
    assert_eq!(list.file("/items/0"), file);
    assert_eq!(list.file("/items/1/spec"), None);
    assert_eq!(
        field_path("/items/3/items/0/spec/containers/1/name"),
        "spec.containers[1].name"
    );
    assert_eq!(
        field_path("/metadata/annotations/a.b~1c"),
        "metadata.annotations[a.b/c]"
    );
    assert_eq!(field_path("/items/0"), "items[0]");
}

#[test]
fn a_generator_is_sent_its_own_configuration() {
    let list = |name: &str| {
        let object =
            |name: &str| json!({"apiVersion": "a/v1", "kind": "K", "metadata": {"name": name}});
        json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList",
            "items": [object(name)], "functionConfig": object("a")})
        .to_string()
    };
    assert!(ResourceList::read(&list("a")).unwrap().is_for_generator());
    assert!(!ResourceList::read(&list("b")).unwrap().is_for_generator());
    assert!(!ResourceList::read(LIST).unwrap().is_for_generator());
}

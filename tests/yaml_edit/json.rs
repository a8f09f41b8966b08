//! JSON stays JSON, pretty or minified; KYAML stays KYAML.

use crate::check;

#[test]
fn pretty_json() {
    check(
        r#"
{
    "kind": "Pod",
    "spec": {
        "containers": [
            {"name": "a"},
            {
                "name": "b"
            }
        ],
        "volumes": null,
        "x": {}
    }
}
"#,
        &[
            r#"set /spec/containers/0/securityContext {"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#,
            r#"set /spec/containers/1/securityContext {"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#,
            r#"set /spec/volumes [{"name":"tmp"}]"#,
            r#"set /spec/x {"k":"yes"}"#,
            r#"set /apiVersion "v1""#,
        ],
        r#"
{
    "kind": "Pod",
    "spec": {
        "containers": [
            {"name": "a", "securityContext": {"runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}}},
            {
                "name": "b",
                "securityContext": {
                    "runAsNonRoot": true,
                    "capabilities": {
                        "drop": [
                            "ALL"
                        ]
                    }
                }
            }
        ],
        "volumes": [
            {
                "name": "tmp"
            }
        ],
        "x": {
            "k": "yes"
        }
    },
    "apiVersion": "v1"
}
"#,
    );
}

#[test]
fn json_with_tabs() {
    check(
        "\
{\n\
\t\"kind\": \"Pod\",\n\
\t\"spec\": {\n\
\t\t\"containers\": []\n\
\t}\n\
}\n",
        &[
            "set /spec/hostNetwork false",
            r#"append /spec/containers {"name":"a"}"#,
        ],
        "\
{\n\
\t\"kind\": \"Pod\",\n\
\t\"spec\": {\n\
\t\t\"containers\": [\n\
\t\t\t{\n\
\t\t\t\t\"name\": \"a\"\n\
\t\t\t}\n\
\t\t],\n\
\t\t\"hostNetwork\": false\n\
\t}\n\
}\n",
    );
}

#[test]
fn minified_json() {
    check(
        "{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\"},1],\"x\":{},\"y\":[]}}",
        &[
            r#"set /spec/containers/0/securityContext {"capabilities":{"drop":["ALL"]}}"#,
            r#"set /spec/x/k "yes""#,
            "append /spec/y 1",
            "append /spec/containers 2",
            r#"set /apiVersion "v1""#,
        ],
        "{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\",\"securityContext\":{\"capabilities\":{\"drop\":[\"ALL\"]}}},1,2],\"x\":{\"k\":\"yes\"},\"y\":[1]},\"apiVersion\":\"v1\"}",
    );
}

#[test]
fn json_entries_removed() {
    check(
        r#"
{
  "kind": "Pod",
  "a": [
    1,
    2
  ],
  "b": 1
}
"#,
        &["remove /b", "remove /a/0"],
        r#"
{
  "kind": "Pod",
  "a": [
    2
  ]
}
"#,
    );
}

#[test]
fn kyaml() {
    check(
        r#"
---
{
  apiVersion: "v1",
  kind: "Pod",
  spec: {
    containers: [{
      name: "app", # the app
      image: "nginx:1.27",
    }],
  },
}
"#,
        &[
            r#"set /spec/containers/0/securityContext {"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#,
            "set /spec/hostNetwork false",
        ],
        r#"
---
{
  apiVersion: "v1",
  kind: "Pod",
  spec: {
    containers: [{
      name: "app", # the app
      image: "nginx:1.27",
      securityContext: {
        runAsNonRoot: true,
        capabilities: {
          drop: [
            "ALL",
          ],
        },
      },
    }],
    hostNetwork: false,
  },
}
"#,
    );
}

#[test]
fn a_list_of_one_grows_as_its_document_is_written() {
    check("{\"a\":[1]}\n", &["append /a 2"], "{\"a\":[1,2]}\n");
    check(
        "{\n  \"a\": [1]\n}\n",
        &["append /a 2"],
        "{\n  \"a\": [1, 2]\n}\n",
    );
}

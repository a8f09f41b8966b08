//! What ConfigMaps and Secrets hold, and what their names tell where they are not seen.

use serde_json::Value;

use super::model::{Model, Running};
use super::names::{self, Meaning};
use crate::secrets::looks_secret;

/// Words of names of Secrets and files that hold keys and certificates, not settings.
const KEYS: [&str; 24] = [
    "KEY",
    "KEYS",
    "CERT",
    "CERTS",
    "CERTIFICATE",
    "CERTIFICATES",
    "TLS",
    "SSL",
    "CA",
    "PEM",
    "CRT",
    "PUB",
    "JKS",
    "P12",
    "SSH",
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "HTPASSWD",
    "JWT",
    "TRUST",
    "BUNDLE",
    "KEYSTORE",
    "TRUSTSTORE",
];

/// What a ConfigMap or a Secret holds.
pub(super) struct Data {
    pub(super) entries: Vec<(String, String)>,
    pub(super) object: String,
    /// `/data` or `/stringData` for each entry is told by the kind; Secrets may have both.
    root: &'static str,
    pub(super) secret: bool,
}

impl Data {
    pub(super) fn of(
        model: &Model<'_>,
        kind: &'static str,
        running: &Running<'_>,
        name: &str,
    ) -> Option<Self> {
        let namespace = running.workload.namespace.clone();
        let value = model
            .settings
            .get(&(kind, namespace.clone(), name.to_owned()))?;
        let map = |field: &str| {
            value
                .get(field)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
        };
        let text =
            |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        let secret = kind == "Secret";
        let mut entries: Vec<(String, String)> = map("data").filter_map(text).collect();
        if secret {
            entries = entries
                .into_iter()
                .filter_map(|(key, text)| Some((key, decode(&text)?)))
                .collect();
            entries.extend(map("stringData").filter_map(text));
        }
        let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let root = if secret && value.get("data").is_none() {
            "/stringData"
        } else {
            "/data"
        };
        Some(Self {
            entries,
            object: crate::report::label(kind, namespace, Some(name)),
            root,
            secret,
        })
    }

    pub(super) fn pointer(&self, key: &str) -> String {
        format!(
            "{}/{}",
            self.root,
            key.replace('~', "~0").replace('/', "~1")
        )
    }
}

pub(super) fn reference<'v>(
    item: &'v Value,
    configuration: &str,
    secret: &str,
    name: &str,
) -> Option<(&'static str, &'v str)> {
    let of = |field: &str| item.get(field)?.get(name)?.as_str();
    of(configuration)
        .map(|name| ("ConfigMap", name))
        .or_else(|| of(secret).map(|name| ("Secret", name)))
}

/// Tells whether a value that is not seen may hold an address, by the names that it has.
pub(super) fn may_hold_address(name: &str, key: &str) -> bool {
    const CREDENTIALS: [&str; 6] = ["AUTH", "JWT", "LICENSE", "SEED", "PASS", "CRED"];
    let meanings = [names::meaning(name), names::meaning(key)];
    if meanings.contains(&Meaning::Address) {
        return meanings[0] != Meaning::Other;
    }
    let credential = |name: &str| {
        looks_secret(name)
            || names::words(name)
                .iter()
                .any(|word| CREDENTIALS.contains(&word.as_str()))
    };
    !meanings.contains(&Meaning::Other) && !credential(name) && !credential(key)
}

/// Tells whether a volume holds keys and certificates only, by its names.
pub(super) fn holds_keys(kind: &str, name: &str, items: &[&str]) -> bool {
    let names_key = |name: &str| {
        names::words(name)
            .iter()
            .any(|word| KEYS.contains(&word.as_str()))
    };
    if kind == "ConfigMap" {
        return names_key(name) || name == "kube-root-ca.crt";
    }
    names_key(name) || (!items.is_empty() && items.iter().all(|item| names_key(item)))
}

/// Base64 (RFC 4648) that holds text.
fn decode(text: &str) -> Option<String> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_names() {
        assert_eq!(decode("cGc6NTQzMg==").as_deref(), Some("pg:5432"));
        assert!(
            may_hold_address("DATABASE_URL", "x")
                && may_hold_address("X", "url")
                && may_hold_address("CONFIG", "a")
        );
        assert!(
            !may_hold_address("DB_PASSWORD", "password")
                && !may_hold_address("CLIENT_ID", "DEMO_OAUTH_CLIENT_ID")
        );
        assert!(
            holds_keys("Secret", "jwt-key", &[]) && !holds_keys("Secret", "app", &["config.yaml"])
        );
    }
}

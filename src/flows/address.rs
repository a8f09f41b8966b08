//! Finds what may be the address of a host in a text.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use super::{Port, names};

/// How an address is written: the less it looks like one, the more its surroundings must tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// One word.
    Word,
    /// A name with dots, or the literal address of a machine.
    Dotted,
    /// `host:port`.
    HostPort,
    /// `scheme://host`.
    Url,
}

/// What may be an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The host in lower case, without the dot at the end.
    pub(super) host: String,
    /// The port, where it is written.
    pub(super) port: Option<u16>,
    /// The port of the scheme.
    pub(super) default: Option<u16>,
    /// The scheme says that the address is called over UDP.
    pub(super) udp: bool,
    pub(super) form: Form,
}

impl Found {
    /// The address as it is shown: never a user or a password.
    pub(super) fn shown(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        self.port
            .map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    /// The ports that are called, if the address or what is beside it has a number.
    pub(super) fn ports(&self, number: Option<u16>) -> Option<Vec<Port>> {
        let number = number.or(self.default)?;
        Some(if self.udp {
            vec![Port::udp(number)]
        } else {
            Port::spoken(number)
        })
    }

    /// The host as the literal address of a machine.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Tells whether it stands for the pod itself, or for nothing at all.
    pub(super) fn is_local(&self) -> bool {
        const NAMES: [&str; 4] = [
            "localhost",
            "localhost.localdomain",
            "www.w3.org",
            "json-schema.org",
        ];
        NAMES.contains(&self.host.as_str())
            || self
                .ip()
                .is_some_and(|ip| ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
    }
}

/// Everything in a text that may be an address, in order.
pub(super) fn scan(text: &str) -> Vec<Found> {
    if let Ok(ip) = text.trim().parse::<Ipv6Addr>() {
        return vec![Found {
            host: ip.to_string(),
            port: None,
            default: None,
            udp: false,
            form: Form::Dotted,
        }];
    }
    let mut found = Vec::new();
    let mut plain = 0;
    while let Some(url) = next_url(text, plain) {
        scan_plain(&text[plain..url.whole.start], &mut found);
        if !LOCAL_SCHEMES.contains(&url.scheme.as_str()) {
            let authority = &text[url.authority.clone()];
            let hosts = authority
                .rsplit_once('@')
                .map_or(authority, |(_, hosts)| hosts);
            let default = names::port_of_scheme(&url.scheme);
            let udp = names::is_udp(&url.scheme);
            let hosts = hosts.split(',').filter_map(host_port);
            found.extend(hosts.map(|(host, port)| Found {
                host,
                port,
                default,
                udp,
                form: Form::Url,
            }));
        }
        plain = url.whole.end;
    }
    scan_plain(&text[plain..], &mut found);
    found
}

/// Schemes of what is no host.
const LOCAL_SCHEMES: [&str; 6] = ["file", "unix", "classpath", "docker", "containerd", "data"];

struct UrlAt {
    scheme: String,
    /// From the scheme to the end of the path.
    whole: Range<usize>,
    authority: Range<usize>,
}

fn next_url(text: &str, from: usize) -> Option<UrlAt> {
    let mark = from + text[from..].find("://")?;
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let scheme = text[from..mark].rfind(|c| !of_scheme(c));
    let scheme = scheme.map_or(from, |at| {
        at + from + text[at + from..].chars().next().map_or(1, char::len_utf8)
    });
    let start = mark + "://".len();
    let ends = |c: char| c.is_whitespace() || "\"'`<>|\\;(){}".contains(c);
    // Each search stops where its part ends, so that a text of many URLs is read once.
    let rest = &text[start..];
    let authority = rest.find(|c| ends(c) || "/?#".contains(c));
    let authority = authority.unwrap_or(rest.len());
    let (host, path) = rest.split_at(authority);
    let end = if host.ends_with(':') && path.starts_with("//") {
        // `tls://a:1,tls://b:2`: the next scheme is no host of this one.
        start + host.rfind(',').unwrap_or(authority)
    } else {
        // A list of URLs, or of settings: `http://a/x,http://b`.
        let path_end = path.find(|c| ends(c) || c == ',' || c == '?');
        start + authority + path_end.unwrap_or(path.len())
    };
    Some(UrlAt {
        scheme: text[scheme..mark].to_ascii_lowercase(),
        whole: scheme..end,
        authority: start..end.min(start + authority),
    })
}

/// A host with or without a port, and nothing else.
fn host_port(text: &str) -> Option<(String, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']')?;
        let ip: Ipv6Addr = ip.parse().ok()?;
        return Some((
            ip.to_string(),
            rest.strip_prefix(':').and_then(|port| port.parse().ok()),
        ));
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    Some((
        host_name(host)?,
        port.parse().ok().filter(|port| *port != 0),
    ))
}

/// A DNS name or an IPv4 address in lower case, if the text is one (RFC 1123).
fn host_name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let numeric = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let fits = text.len() <= 253 && text.split('.').all(label);
    let last = text.rsplit('.').next().unwrap_or(text);
    let is_name = !numeric(last) || text.parse::<IpAddr>().is_ok();
    (fits && is_name).then(|| text.to_ascii_lowercase())
}

fn scan_plain(text: &str, into: &mut Vec<Found>) {
    let of_host = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let mut at = 0;
    while let Some(start) = text[at..]
        .find(|c: char| of_host(c) || c == '[')
        .map(|offset| at + offset)
    {
        let before = text[..start].chars().next_back();
        if text[start..].starts_with('[') {
            let end = bracket_end(text, start);
            let port = digits(&text[end..], ':');
            let ip = text[start..end].trim_matches(['[', ']']).parse();
            if let Ok::<Ipv6Addr, _>(ip) = ip {
                let form = if port.is_some() {
                    Form::HostPort
                } else {
                    Form::Dotted
                };
                into.push(Found {
                    host: ip.to_string(),
                    port: port.map(|(port, _)| port),
                    default: None,
                    udp: false,
                    form,
                });
                at = end;
            } else {
                at = start + 1;
            }
            continue;
        }
        let end = text[start..]
            .find(|c| !of_host(c))
            .map_or(text.len(), |end| start + end);
        let run = &text[start..end];
        at = end;
        let rest = &text[end..];
        // A variable, the user in `user@host`, or the continuation of such.
        if rest.starts_with('@') || matches!(before, Some('$' | '%')) {
            continue;
        }
        let Some(host) = host_name(run) else {
            continue;
        };
        let port = digits(rest, ':').or_else(|| comma_port(&text[..start], rest));
        // `user:1234@host`.
        let port = port.filter(|(_, length)| !rest[*length..].starts_with('@'));
        let form = match port {
            Some(_)
                if host.bytes().any(|byte| byte.is_ascii_alphabetic()) || host.contains('.') =>
            {
                Form::HostPort
            }
            _ if host.contains('.') => Form::Dotted,
            _ => Form::Word,
        };
        at += port.map_or(0, |(_, length)| length);
        into.push(Found {
            host,
            port: port.map(|(port, _)| port),
            default: None,
            udp: false,
            form,
        });
    }
}

/// The end of what a bracket opens, as far as the longest IPv6 address goes; else of the bracket alone.
fn bracket_end(text: &str, start: usize) -> usize {
    const LONGEST: usize = 64;
    let rest = &text.as_bytes()[start..];
    let close = rest.iter().take(LONGEST).position(|byte| *byte == b']');
    match close {
        Some(close) => start + close + 1,
        None if rest.len() <= LONGEST => text.len(),
        None => start + 1,
    }
}

/// A port after a mark, and the length of both.
fn digits(text: &str, mark: char) -> Option<(u16, usize)> {
    let rest = text.strip_prefix(mark)?;
    let length = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let ends = rest[length..]
        .chars()
        .next()
        .is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '-'));
    let port = rest[..length]
        .parse()
        .ok()
        .filter(|port| *port != 0 && ends)?;
    Some((port, length + mark.len_utf8()))
}

/// The port in `Server=host,1433`, as SQL Server has it.
fn comma_port(before: &str, rest: &str) -> Option<(u16, usize)> {
    let port = digits(rest, ',')?;
    let ends_with = |text: &str, end: &str| {
        let at = text.len().checked_sub(end.len());
        at.is_some_and(|at| text.as_bytes()[at..].eq_ignore_ascii_case(end.as_bytes()))
    };
    let mut before = before;
    while ends_with(before, "tcp:") {
        before = &before[..before.len() - "tcp:".len()];
    }
    let before = before.trim_end_matches([' ', '=']);
    let named = ["server", "data source", "addr", "address"];
    let is_named = named.iter().any(|key| ends_with(before, key));
    is_named.then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let above_words = scan(text)
            .into_iter()
            .filter(|found| found.form > Form::Word);
        above_words.map(|found| found.shown()).collect()
    }

    #[test]
    fn addresses_in_many_notations() {
        for (text, expected) in [
            (
                "postgres://user:p%40w@pg:5432/db?sslmode=disable",
                &["pg:5432"][..],
            ),
            (
                "mongodb://u:p@m-0.m:27017,m-1.m:27017/db",
                &["m-0.m:27017", "m-1.m:27017"],
            ),
            (
                "jdbc:postgresql://ledger-db:5432/postgresdb",
                &["ledger-db:5432"],
            ),
            ("jdbc:oracle:thin:@db:1521:sid", &["db:1521"]),
            ("jdbc:sqlserver://sql:1433;databaseName=x", &["sql:1433"]),
            ("Server=tcp:sql.data,1433;User=x", &["sql.data:1433"]),
            ("user:pw@tcp(mysql:3306)/db", &["mysql:3306"]),
            ("user:1234@tcp(mysql:3306)/db", &["mysql:3306"]),
            (
                "redis-master:6379,redis-replica:6379",
                &["redis-master:6379", "redis-replica:6379"],
            ),
            ("http://a/x,http://b:81/y", &["a", "b:81"]),
            ("tls://a:1,tls://b:2", &["a:1", "b:2"]),
            (
                "http://API.Shop.svc.cluster.local.:80/v1",
                &["api.shop.svc.cluster.local:80"],
            ),
            ("http://[2001:db8::1]:8080/", &["[2001:db8::1]:8080"]),
            ("2001:db8::1", &["[2001:db8::1]"]),
            ("[2001:db8::1]:5432", &["[2001:db8::1]:5432"]),
            ("10.0.0.5:5432", &["10.0.0.5:5432"]),
            ("unix:///run/x.sock", &[]),
            ("12:30", &[]),
            ("v0.6.10", &[]),
            ("http://__:8080", &[]),
            ("äö://x ß:80", &["x"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}

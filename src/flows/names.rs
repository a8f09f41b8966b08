//! What the name of a setting tells about its value, and which ports go with a scheme or a name.

/// What the name of a setting tells about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A host is expected: a bare word is one.
    Address,
    /// Something else is expected: only what is written as an address is one.
    Other,
    /// The name tells nothing.
    Unsure,
}

/// Last words of the names of settings that hold a host, whatever else the name says.
const HOSTS: [&str; 19] = [
    "HOST",
    "HOSTS",
    "HOSTNAME",
    "HOSTNAMES",
    "HOSTPORT",
    "ADDR",
    "ADDRS",
    "ADDRESS",
    "ADDRESSES",
    "URL",
    "URLS",
    "URI",
    "URIS",
    "ENDPOINT",
    "ENDPOINTS",
    "BROKER",
    "BROKERS",
    "DSN",
    "JDBC",
];

/// Words that go with a host as often as with something else.
const PERHAPS: [&str; 19] = [
    "SERVER",
    "SERVERS",
    "SERVICE",
    "SERVICES",
    "UPSTREAM",
    "UPSTREAMS",
    "BACKEND",
    "BACKENDS",
    "NODES",
    "PEERS",
    "BOOTSTRAP",
    "TARGET",
    "TARGETS",
    "PROXY",
    "SEEDS",
    "MASTER",
    "PRIMARY",
    "CONNECTION",
    "QUORUM",
];

/// Last words of the names of settings that hold no host.
const OTHERS: [&str; 72] = [
    "PORT",
    "PORTS",
    "NAME",
    "USER",
    "USERNAME",
    "USERS",
    "LOGIN",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PWD",
    "PASSPHRASE",
    "TOKEN",
    "KEY",
    "KEYS",
    "APIKEY",
    "SECRET",
    "ID",
    "LEVEL",
    "MODE",
    "ENV",
    "ENVIRONMENT",
    "STAGE",
    "PROFILE",
    "PROFILES",
    "REGION",
    "ZONE",
    "NAMESPACE",
    "DB",
    "DATABASE",
    "SCHEMA",
    "TYPE",
    "FORMAT",
    "PATH",
    "DIR",
    "FILE",
    "TIMEOUT",
    "SIZE",
    "COUNT",
    "MAX",
    "MIN",
    "ENABLED",
    "DEBUG",
    "VERSION",
    "TAG",
    "ROLE",
    "TZ",
    "LANG",
    "LOCALE",
    "CERT",
    "CERTIFICATE",
    "CA",
    "CRT",
    "PEM",
    "SALT",
    "EMAIL",
    "FROM",
    "SCHEME",
    "PROTOCOL",
    "DRIVER",
    "INTERVAL",
    "PREFIX",
    "SUFFIX",
    "COLOR",
    "CREDENTIALS",
    "TABLE",
    "BUCKET",
    "TOPIC",
    "QUEUE",
    "GROUP",
    "CLASS",
    "LABELS",
];

/// Words of the names of settings that hold an address which the program itself does not call.
const NOT_CALLED: [&str; 7] = [
    "REDIRECT",
    "CALLBACK",
    "LISTEN",
    "BIND",
    "ADVERTISE",
    "ADVERTISED",
    "CORS",
];

/// The words of a name in upper case: `dbHost`, `db-host`, `DB_HOST` and `spring.db.host` end in `DB`, `HOST`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && lower {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_uppercase());
        }
        lower = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What a name tells about the value.
pub(super) fn meaning(name: &str) -> Meaning {
    let words = words(name);
    let is = |word: &str, list: &[&str]| list.contains(&word);
    let Some(last) = words.last() else {
        return Meaning::Unsure;
    };
    if words.iter().any(|word| is(word, &NOT_CALLED)) {
        return Meaning::Other;
    }
    // PGHOST, ENDPOINT_0.
    let numbered = last.bytes().all(|byte| byte.is_ascii_digit());
    let named = if numbered {
        words.iter().rev().nth(1)
    } else {
        Some(last)
    };
    let Some(named) = named else {
        return Meaning::Unsure;
    };
    let host = |word: &str| is(word, &HOSTS) || word.ends_with("HOST") || word.ends_with("URL");
    if host(named) || (named == "NAME" && words.iter().rev().nth(1).is_some_and(|word| host(word)))
    {
        return Meaning::Address;
    }
    if is(named, &OTHERS) {
        return Meaning::Other;
    }
    if words.iter().any(|word| host(word) || is(word, &PERHAPS)) {
        return Meaning::Address;
    }
    Meaning::Unsure
}

/// Tells whether a word that is no Service must still be a host under this name.
pub(super) fn is_host(name: &str) -> bool {
    let words = words(name);
    // A `hostname` alone is the program's own more often than that of another.
    words != ["HOSTNAME"]
        && words
            .last()
            .is_some_and(|last| HOSTS.contains(&last.as_str()) || last.ends_with("HOST"))
}

/// The names of the setting that holds the port which goes with a host: `DB_HOST` has `DB_PORT`.
pub(super) fn port_names(name: &str) -> Vec<String> {
    let mut words = words(name);
    let Some(last) = words.pop() else {
        return Vec::new();
    };
    let with = |words: &[String], end: String| {
        let mut words = words.to_vec();
        words.push(end);
        words.join("_")
    };
    let mut names = vec![with(&words, "PORT".to_owned())];
    if let Some(stem) = last.strip_suffix("HOST").filter(|stem| !stem.is_empty()) {
        names.push(with(&words, format!("{stem}PORT")));
    }
    words.push(last);
    names.push(with(&words, "PORT".to_owned()));
    names
}

/// The port of a URL scheme where the URL has none.
pub(super) fn port_of_scheme(scheme: &str) -> Option<u16> {
    // `redis+sentinel`, `postgresql+asyncpg`, `mongodb+srv`: the first part names the protocol.
    let first = scheme.split(['+', '.']).next().unwrap_or(scheme);
    Some(match first {
        "http" | "ws" => 80,
        "https" | "wss" | "s3" | "gs" | "oci" => 443,
        "postgres" | "postgresql" | "pgsql" => 5432,
        "mysql" | "mariadb" | "mysql2" => 3306,
        "sqlserver" | "mssql" => 1433,
        "redis" | "rediss" | "valkey" => 6379,
        "amqp" => 5672,
        "amqps" => 5671,
        "mongodb" => 27017,
        "kafka" => 9092,
        "nats" => 4222,
        "cassandra" => 9042,
        "zookeeper" | "zk" => 2181,
        "etcd" => 2379,
        "mqtt" => 1883,
        "mqtts" => 8883,
        "memcached" => 11211,
        "clickhouse" => 9000,
        "neo4j" | "bolt" => 7687,
        "ldap" => 389,
        "ldaps" => 636,
        "smtp" => 25,
        "smtps" => 465,
        "ftp" => 21,
        "ssh" | "sftp" => 22,
        _ => return None,
    })
}

/// Tells whether a URL scheme names UDP: `udp`, `gelf+udp`.
pub(super) fn is_udp(scheme: &str) -> bool {
    let mut parts = scheme.split(['+', '.', '-']);
    parts.any(|part| matches!(part, "udp" | "udp4" | "udp6"))
}

/// Tells whether programs call a port over UDP that write no protocol: DNS, NTP, SNMP, syslog, RADIUS, STUN, CoAP,
/// Jaeger, StatsD, GELF, collectd.
pub(super) fn speaks_udp(port: u16) -> bool {
    const PORTS: [u16; 16] = [
        53, 123, 161, 162, 514, 1812, 1813, 3478, 5683, 5775, 6831, 6832, 8125, 9125, 12201, 25826,
    ];
    PORTS.contains(&port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_expected() {
        for name in [
            "DB_HOST",
            "PGHOST",
            "dbHost",
            "spring.redis.host",
            "KAFKA_BROKERS",
            "API_URL",
            "REDIS_MASTER_HOST",
        ] {
            assert_eq!(meaning(name), Meaning::Address, "{name}");
        }
        for name in [
            "POSTGRES_DB",
            "ENVIRONMENT",
            "GET_HOSTS_FROM",
            "SERVER_PORT",
            "OAUTH_REDIRECT_URI",
            "LISTEN_ADDR",
        ] {
            assert_eq!(meaning(name), Meaning::Other, "{name}");
        }
        assert_eq!(meaning("CACHE"), Meaning::Unsure);
    }

    #[test]
    fn a_host_has_a_port() {
        assert!(port_names("DB_HOST").contains(&"DB_PORT".to_owned()));
        assert!(port_names("PGHOST").contains(&"PGPORT".to_owned()));
        assert!(port_names("db-host").contains(&"DB_PORT".to_owned()));
    }
}

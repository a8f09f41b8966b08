//! What common images are documented to need: limits of their charts and operators where these are above a usual
//! default. A hint, not a requirement: it keeps a default from killing them at the start.

use crate::image::Image;
use crate::pod::Container;
use crate::quantity::Quantity;

/// The last parts of the paths of images, and the memory limit in Mi that their own charts give them.
const IMAGES: [(&[&str], i64); 8] = [
    // Presets "micro" and "small" of the Bitnami charts.
    (
        &[
            "rabbitmq",
            "zookeeper",
            "etcd",
            "minio",
            "phpmyadmin",
            "gitea",
            "wordpress",
            "tomcat",
        ],
        384,
    ),
    (&["opensearch-dashboards", "inbound-agent"], 512),
    (
        &[
            "mysql",
            "mariadb",
            "mongo",
            "mongodb",
            "influxdb",
            "ghost",
            "logstash",
            "kafka",
            "spark",
            "prometheus",
        ],
        768,
    ),
    // The project's own sizing, above the preset of the chart.
    (&["keycloak"], 1280),
    (&["solr"], 1536),
    (
        &["elasticsearch", "opensearch", "kibana", "neo4j", "server"],
        2048,
    ),
    (&["cassandra"], 3072),
    (&["jenkins", "nexus3", "sonarqube"], 4096),
];

/// The memory that the image of a container is documented to need, and its name.
pub(super) fn memory(container: &Container<'_>) -> Option<(Quantity, String)> {
    let image = Image::parse(container.get("/image")?.as_str()?)?;
    let name = image.basename();
    // Many images are a `server`.
    if name == "server" && !image.path.ends_with("mssql/server") {
        return None;
    }
    let (_, mi) = IMAGES.iter().find(|(names, _)| names.contains(&name))?;
    Some((Quantity::whole(mi << 20), name.to_owned()))
}

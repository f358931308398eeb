/** Services that take a request for commands of their own, or that nobody means to reach by a webhook. */
const REFUSED = new Set([
  // Databases: SQL Server, Oracle, MySQL, PostgreSQL, CouchDB, InfluxDB, Cassandra, CockroachDB, MongoDB.
  1433, 1434, 1521, 3306, 5432, 5433, 5984, 6432, 7000, 7001, 8086, 9042, 26257, 27017, 27018, 27019, 33060,
  // Caches and search: Redis with its TLS, bus and sentinels, memcached, Elasticsearch.
  6379, 6380, 9200, 9300, 11211, 16379, 26379,
  // Queues and coordination: AMQP, RabbitMQ's console, NATS, Kafka, ZooKeeper, etcd, Consul, Erlang's mapper.
  2181, 2379, 2380, 4222, 4369, 5671, 5672, 8500, 9092, 9093, 15672,
  // Machines and clusters: NFS, Docker, RDP, VNC, WinRM, X11, Kubernetes, kubelets, printers.
  2049, 2375, 2376, 3389, 5900, 5901, 5902, 5903, 5985, 5986, 6000, 6001, 6443, 9100, 10250, 10255,
  // Chat, which takes lines of text from anybody.
  6665, 6666, 6667, 6668, 6669, 6697,
]);

const FIRST_UNPRIVILEGED = 1024;

export const PORTS_HELP =
  'the default port of its scheme, or one from 1024 on that is not known for a database or the like';

/** Whether a URL may name this port; the default port of its scheme is not asked about. */
export function isAllowedPort(port: number): boolean {
  return port >= FIRST_UNPRIVILEGED && !REFUSED.has(port);
}

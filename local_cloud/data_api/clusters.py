"""What Aurora does when a cluster is created, done when the cluster is first used: master user and initial database.

There is one PostgreSQL for all clusters, so role and database names are shared: a name belongs to the first living
cluster that claims it (remembered as a comment on the object), another living cluster with the same name is refused,
and when the owner is gone the next claimant gets a fresh database.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from local_cloud.data_api.errors import DataApiError, unavailable
from local_cloud.data_api.sessions import SessionPool
from local_cloud.postgres import SUPERUSER


@dataclass(frozen=True)
class Cluster:
    """An Aurora cluster as its control plane describes it."""

    arn: str
    resource_id: str
    """DbClusterResourceId: unlike the ARN never used twice."""
    master_user: str
    master_password: str = field(repr=False)
    database: str | None
    """DatabaseName given at creation."""
    living: frozenset[str]
    """Resource ids of all existing clusters."""


class Clusters:
    """Keeps PostgreSQL's roles and databases in step with the clusters."""

    def __init__(self, superuser_dsn: str, pool: SessionPool) -> None:
        self._dsn = superuser_dsn
        self._pool = pool
        self._done: dict[str, str] = {}
        self._lock = threading.Lock()

    def ensure(self, cluster: Cluster) -> None:
        """Create or update what belongs to the cluster. Cheap when nothing changed. Raises DataApiError."""
        state = hashlib.sha256(f"{cluster.master_user}\0{cluster.master_password}".encode()).hexdigest()
        if self._done.get(cluster.resource_id) == state:
            return
        with self._lock:
            if self._done.get(cluster.resource_id) == state:
                return
            with _connect(self._dsn) as connection:
                _Provision(connection, cluster, self._pool.discard).run()
            self._done[cluster.resource_id] = state


def _connect(dsn: str) -> psycopg.Connection:
    try:
        return psycopg.connect(dsn, autocommit=True)
    except psycopg.OperationalError:
        raise unavailable() from None


class _Provision:
    def __init__(self, connection: psycopg.Connection, cluster: Cluster, discard: Callable[..., None]) -> None:
        self._connection = connection
        self._cluster = cluster
        self._discard = discard

    def run(self) -> None:
        self._master_user()
        if self._cluster.database:
            self._database(self._cluster.database)

    def _master_user(self) -> None:
        name = self._cluster.master_user
        if name == SUPERUSER:
            raise DataApiError("BadRequestException", f"{SUPERUSER} is reserved and cannot be a master user name")
        owner = self._owner("select shobj_description(oid, 'pg_authid') from pg_roles where rolname = %s", name)
        self._refuse_living(owner, f"master user {name}")
        verb = "CREATE" if owner is None else "ALTER"
        # Sent hashed: the password itself appears neither in the statement nor in the server's views of it.
        password = self._connection.pgconn.encrypt_password(
            self._cluster.master_password.encode(), name.encode(), b"scram-sha-256"
        ).decode()
        self._run(verb + " ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}", sql.Identifier(name), sql.Literal(password))
        self._own("ROLE", name)
        # Sessions opened with an earlier password end with it.
        self._discard(lambda credentials: credentials.user == name)

    def _database(self, name: str) -> None:
        owner = self._owner("select shobj_description(oid, 'pg_database') from pg_database where datname = %s", name)
        self._refuse_living(owner, f"database {name}")
        if owner not in (None, "", self._cluster.resource_id):
            self._discard(lambda credentials: credentials.database == name)
            self._run("DROP DATABASE {} WITH (FORCE)", sql.Identifier(name))
            owner = None
        if owner is None:
            self._run("CREATE DATABASE {}", sql.Identifier(name))
        self._run("ALTER DATABASE {} OWNER TO {}", sql.Identifier(name), sql.Identifier(self._cluster.master_user))
        self._own("DATABASE", name)

    def _owner(self, query: str, name: str) -> str | None:
        """Resource id of the owning cluster, "" when the object has none, None when there is no object."""
        row = self._connection.execute(query, [name]).fetchone()
        return None if row is None else row[0] or ""

    def _refuse_living(self, owner: str | None, what: str) -> None:
        if owner and owner != self._cluster.resource_id and owner in self._cluster.living:
            raise DataApiError(
                "BadRequestException",
                f"the local cloud keeps one PostgreSQL for all clusters and {what} belongs to another cluster: "
                "give this one another name",
            )

    def _own(self, kind: str, name: str) -> None:
        self._run("COMMENT ON " + kind + " {} IS {}", sql.Identifier(name), sql.Literal(self._cluster.resource_id))

    def _run(self, statement: str, *parts: sql.Composable) -> None:
        self._connection.execute(sql.SQL(statement).format(*parts))

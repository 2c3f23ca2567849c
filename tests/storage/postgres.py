"""A PostgreSQL server of our own, for tests: on a Unix socket, not durable, gone afterwards."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg

_VERSIONS = Path("/usr/lib/postgresql")


def server_programs() -> Path | None:
    """The folder that holds `initdb`, of the newest version that is installed."""
    found = sorted(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """One server. It refuses to run as root, so that it runs as another user then."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="speko-pg-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._run("initdb", "--no-sync", "--auth=trust", "--username=speko", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=200"
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stops the server; connections break."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def remove(self) -> None:
        """Stops the server and removes its files."""
        self.stop()
        shutil.rmtree(self.folder)

    def empty_database(self) -> str:
        """Empties the database and gives its URL. A new one for each test would cost 0.3 s and 7 MB."""
        asyncio.run(self._empty())
        return self.url("postgres")

    def url(self, database: str) -> str:
        """The address of a database, as the setting `database_url` takes it."""
        return f"postgresql://speko@/{database}?host={self.folder}"

    async def _empty(self) -> None:
        connection = await asyncpg.connect(host=str(self.folder), user="speko", database="postgres")
        try:
            await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        finally:
            await connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), "-D", str(self.folder / "data"), *arguments]
        # Not captured in pipes: the server that pg_ctl leaves behind would hold them open.
        subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)

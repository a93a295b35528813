"""A MariaDB server of a site's own, in its folder, for the applications that need one."""

import os
import pwd

from driver import Site, free_port

PASSWORD = "db-p4ss"


def start(site: Site, *databases: str) -> int:
    """Starts the server with empty databases and the user `app`; gives its port."""
    data, port, account = site.folder / "mysql", free_port(), pwd.getpwuid(os.getuid()).pw_name
    site.run("mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={account}", "--auth-root-authentication-method=normal", "--skip-test-db")
    site.serve("mariadbd", "--no-defaults", f"--datadir={data}", f"--user={account}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={site.folder}/mysql.sock", f"--pid-file={site.folder}/mysql.pid", "--innodb-flush-log-at-trx-commit=0", port=port)
    grants = "".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb4; GRANT ALL ON {name}.* TO app@'%';" for name in databases)
    site.run("mariadb", "--no-defaults", f"--socket={site.folder}/mysql.sock", "-uroot", text=f"CREATE USER app@'%' IDENTIFIED BY '{PASSWORD}'; {grants}")
    return port

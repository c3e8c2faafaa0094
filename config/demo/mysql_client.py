"""The `mariadb` client as the demo's programs use it: one URL in, SQL through a pipe.

Passwords go by the environment, never by the command line. Standard library only.
"""

import os
import subprocess
import urllib.parse


class MysqlError(Exception):
    """What the client said."""


class Client:
    """A database named by mysql://user:password@host:port/database. Other parts of the URL are binseek's own business."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ('mysql', 'mariadb') or not parts.hostname:
            raise MysqlError('a URL like mysql://user:password@host:3306/database is wanted')
        self.database = urllib.parse.unquote(parts.path.lstrip('/'))
        if not self.database:
            raise MysqlError('the URL names no database: mysql://.../DATABASE')
        self.command = ['mariadb', '--no-defaults', '--default-character-set=utf8mb4', '--batch', '--skip-column-names',
                        f'--host={parts.hostname}', f'--port={parts.port or 3306}', '--protocol=tcp',
                        f'--user={urllib.parse.unquote(parts.username or "root")}', self.database]
        self.environment = dict(os.environ, MYSQL_PWD=urllib.parse.unquote(parts.password or ''))

    def query(self, sql):
        """The rows of one SELECT as lists of texts."""
        run = subprocess.run([*self.command, '--execute', sql], check=False, capture_output=True, text=True, env=self.environment)
        if run.returncode != 0:
            raise MysqlError(run.stderr.strip())
        return [line.split('\t') for line in run.stdout.splitlines()]

    def open(self, **options):
        """A client that reads SQL from its standard input."""
        return subprocess.Popen([*self.command, '--unbuffered'], stdin=subprocess.PIPE, env=self.environment, text=True, **options)

    def has_sample_shop(self):
        """Whether the database is the sample shop of this folder: nothing else may be changed for show."""
        columns = self.query("SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns "
                             'WHERE table_schema = DATABASE()')
        return {'products.name_en', 'products.labels', 'variants.sku', 'product_tags.tag', 'reviews.stars',
                'categories.parent_id', 'brands.founded'} <= {name for name, in columns}

#!/usr/bin/env bash
# Makes the account that binseek reads with, when MySQL's data directory is new. Run by the MySQL image.
set -euo pipefail
# In SQL text a quote is doubled and a backslash, too.
password=${BINSEEK_PASSWORD//\\/\\\\}
password=${password//\'/\'\'}
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root <<SQL
CREATE USER 'binseek'@'%' IDENTIFIED BY '$password';
GRANT SELECT ON \`$MYSQL_DATABASE\`.* TO 'binseek'@'%';
GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'binseek'@'%';
SQL

# The image of MariaDB reads this once, when it has made the database: a login for Berth that may only read.
docker_process_sql <<SQL
CREATE USER IF NOT EXISTS 'whmcs_reader'@'%' IDENTIFIED BY '$MARIADB_PASSWORD';
GRANT SELECT ON \`$MARIADB_DATABASE\`.* TO 'whmcs_reader'@'%';
SQL

#!/bin/sh
# Brings Temporal's two databases up to the schema of this server version. Safe to run again.
set -eu

sql_tool() {
  database=$1
  shift
  temporal-sql-tool --plugin postgres12 --endpoint "$POSTGRES_SEEDS" --port "${DB_PORT:-5432}" \
    --user "$POSTGRES_USER" --password "$POSTGRES_PWD" --database "$database" "$@"
}

# `setup-schema -v 0.0` on a database in use resets its version and breaks the next update: it is only for a database
# whose update says that there is no version table yet.
update() {
  if output=$(sql_tool "$1" update-schema --schema-name "$2" 2>&1); then
    echo "$1: up to date"
    return
  fi
  case $output in
    *schema_version*'does not exist'*)
      echo "$1: empty, creating the schema"
      sql_tool "$1" setup-schema -v 0.0
      sql_tool "$1" update-schema --schema-name "$2"
      ;;
    *)
      echo "$output" >&2
      exit 1
      ;;
  esac
}

update temporal postgresql/v12/temporal
update temporal_visibility postgresql/v12/visibility

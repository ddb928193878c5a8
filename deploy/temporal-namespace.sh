#!/bin/sh
# Creates Berth's namespace and its search attributes; reads TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE. Safe to run again.
set -eu

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  # Long enough for support to read what happened; the permanent record is in PostgreSQL.
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
fi

# The server's services learn of a new namespace only after some seconds.
tries=0
until present=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE"); do
  tries=$((tries + 1))
  [ "$tries" -lt 20 ] || exit 1
  sleep 2
done
for name in ServerId OperationId AccountId Node OperationType; do
  case $present in
    *" $name "*) ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword ;;
  esac
done

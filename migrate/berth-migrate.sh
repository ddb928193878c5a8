#!/bin/sh
# What npx runs. Node comes with the other packages: the system's may be too old.
root=$(dirname "$(dirname "$(realpath "$0")")")
PATH="$root/node_modules/.bin:$PATH" exec node "$root/migrate/cli.ts" "$@"

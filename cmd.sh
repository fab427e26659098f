#!/bin/sh
# Starts the server for the mode in ENV (DEV, or PROD if unset or empty), the same way in the image and on a host.
set -eu
CDPATH="" cd -- "$(dirname -- "$(readlink -f -- "$0")")"

# Prints a message and exits. $1: the exit code; $2: the message
fail() {
  echo "cmd.sh: $2" >&2
  exit "$1"
}

[ -d node_modules ] || fail 1 "the dependencies are missing: run 'npm ci' first"

case "${ENV:-PROD}" in
  DEV)
    echo "Running Development Server"
    exec node_modules/.bin/quayside dev app/identidock.ts
    ;;
  PROD)
    echo "Running Production Server"
    exec node_modules/.bin/quayside serve dist/identidock.js
    ;;
  # EX_CONFIG of sysexits.h
  *) fail 78 "ENV=\"$ENV\": expected DEV or PROD (unset or empty is PROD)" ;;
esac

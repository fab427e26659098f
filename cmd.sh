#!/bin/sh
# Starts the server that ENV names, the same way in the image and on a host: DEV, or PROD where it is unset or empty.
set -eu
CDPATH="" cd -- "$(dirname -- "$(readlink -f -- "$0")")"

# Ends with an exit code and a message.
fail() {
  echo "cmd.sh: $2" >&2
  exit "$1"
}

case "${ENV:-PROD}" in
  DEV | PROD) ;;
  # EX_CONFIG of sysexits.h
  *) fail 78 "ENV=\"$ENV\": expected DEV or PROD (unset or empty is PROD)" ;;
esac
[ -d node_modules ] || fail 1 "the dependencies are missing: run 'npm ci' first"

if [ "${ENV:-PROD}" = DEV ]; then
  # As PID 1, sh ignores signals that it does not trap.
  trap 'exit 143' INT TERM
  echo "Running Development Server"
  export NODE_ENV=development
  ts_node=node_modules/ts-node/dist/bin-transpile.js
  # Once, before nodemon: it would wait for a save, and no save mends a setting.
  node "$ts_node" app/configtest.ts
  exec node node_modules/nodemon/bin/nodemon.js --no-update-notifier "$ts_node" app/development.ts
fi

echo "Running Production Server"
export NODE_ENV=production
[ -f dist/production.js ] || fail 1 "dist/ is missing: run 'npm run build' first"
exec node --enable-source-maps dist/production.js

# One image for both modes: cmd.sh picks by ENV.
ARG NODE_IMAGE=node:26-trixie-slim

FROM ${NODE_IMAGE} AS base
# node_modules lies beside app/, so that a mount over app/ neither hides it nor brings in the host's.
WORKDIR /srv

# What the image runs with, in either mode.
FROM base AS dependencies
ARG NPM_REGISTRY=""
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --no-audit --no-fund ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"}

# That, and what building and testing take.
FROM base AS toolchain
ARG NPM_REGISTRY=""
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --no-audit --no-fund ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"}

FROM toolchain AS build
COPY package.json tsconfig.json ./
COPY app ./app
# Development serves what has type errors, too, and says so.
ARG ALLOW_TYPE_ERRORS=""
RUN npm run build || [ -n "$ALLOW_TYPE_ERRORS" ]

# `docker compose run --rm test`
FROM toolchain AS test
RUN chown 1000:1000 .
COPY --chown=1000:1000 . .
USER 1000:1000
CMD ["node_modules/.bin/jest", "--selectProjects", "unit", "process"]

# The dev container: the whole project is mounted here, and its dependencies are a volume of whoever works in it.
FROM base AS workspace
RUN apt-get update && \
    apt-get install -y --no-install-recommends git openssh-client && \
    rm -rf /var/lib/apt/lists/* && \
    mkdir --mode=777 node_modules

FROM base AS service
COPY --from=dependencies /srv/node_modules ./node_modules
# By any user readable, by none but root writable, whatever the checkout's umask was.
COPY --chmod=755 cmd.sh tsconfig.json nodemon.json ./
COPY --from=build /srv/dist ./dist
COPY --chmod=755 app ./app
# In a container it is the published ports that decide who gets in.
ENV HOST=0.0.0.0 STATS_HOST=0.0.0.0
EXPOSE 9090 9191
# By number, so that Kubernetes' runAsNonRoot can tell that it is not root.
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=250ms \
    CMD ["node", "dist/healthcheck.js"]
ENTRYPOINT []
CMD ["./cmd.sh"]

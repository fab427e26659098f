# One image for both modes: cmd.sh chooses by ENV.
ARG NODE_IMAGE=""
# The quotes are for Renovate, which fails on three closing braces in a row.
ARG BASE=${NODE_IMAGE:-"node:26-trixie-slim"}

# All build steps run on the builder's own platform, so an image for another platform needs no emulator.
FROM --platform=$BUILDPLATFORM ${BASE} AS builder
# Lets `docker image prune --filter` find the images that rebuilds leave behind.
LABEL org.opencontainers.image.title=identidock
WORKDIR /srv

# What npm installs from. vendor/ is for packages in tarballs, packages/ for workspaces; a project may have neither.
FROM builder AS project
COPY --chmod=755 package.json package-lock.json .npmrc ./
COPY --chmod=755 vendor* ./vendor/
COPY --chmod=755 packages* ./packages/
# Otherwise an edit of a workspace's tests would reinstall everything.
RUN rm -rf packages/*/test packages/*/harness packages/*/bench

# The same without the development parts of package.json, so that changing them changes no layer of the image.
FROM project AS manifest
RUN npm pkg delete scripts devDependencies jest prettier && \
    { [ ! -d packages ] || npm pkg delete devDependencies --workspaces; } && \
    npm install --package-lock-only --offline --no-audit --no-fund

# The packages that the image runs with, in either mode.
FROM builder AS dependencies
ARG NPM_REGISTRY=""
COPY --from=manifest /srv ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --no-audit --no-fund ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"} && \
    npm sbom --omit=dev --sbom-format=cyclonedx --sbom-type=application >sbom.cdx.json
ARG BUILDARCH TARGETARCH
RUN if [ "$BUILDARCH" != "$TARGETARCH" ] && \
    native=$(LC_ALL=C grep --recursive --files-with-matches --exclude-dir=prebuilds "^$(printf '\177ELF')" .); then \
      printf 'These files are for %s only. Build for %s on a machine of that platform:\n%s\n' "$BUILDARCH" "$TARGETARCH" "$native" >&2; \
      exit 1; \
    fi
# Remove what only the installation reads, and reduce each workspace to what `npm publish` would publish.
RUN set -e; \
    rm -rf .npmrc package-lock.json vendor; \
    for package in packages/*/package.json; do \
      [ -e "$package" ] || continue; \
      dir=${package%/*}; \
      tarball=$(npm pack --silent --ignore-scripts --pack-destination /tmp "./$dir"); \
      find "$dir" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -r {} +; \
      tar -xzf "/tmp/$tarball" -C "$dir" --strip-components 1 --no-same-owner; \
    done

# All packages, including those for building and testing.
FROM builder AS toolchain
ARG NPM_REGISTRY=""
COPY --from=project /srv ./
# The lock file also lists workspaces that do not reach the build.
RUN --mount=type=cache,target=/root/.npm \
    npm install --package-lock-only --offline --no-audit --no-fund && \
    npm ci --no-audit --no-fund ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"}

FROM toolchain AS build
COPY tsconfig.json ./
COPY app ./app
# Development also serves code with type errors, and reports them.
ARG ALLOW_TYPE_ERRORS=""
RUN node --run build || [ -n "$ALLOW_TYPE_ERRORS" ]

# `docker compose run --rm test`
FROM toolchain AS test
# Everything except node_modules: tests write beside what they test.
RUN find . -path ./node_modules -prune -o -exec chown 1000:1000 {} +
COPY --chown=1000:1000 . .
USER 1000:1000
CMD ["node_modules/.bin/jest"]

# The dev container: the whole project is mounted here, and its dependencies are a volume that its user owns.
FROM builder AS workspace
RUN apt-get update && \
    apt-get install -y --no-install-recommends git openssh-client && \
    rm -rf /var/lib/apt/lists/* && \
    mkdir --mode=777 node_modules

FROM scratch AS empty

FROM ${BASE} AS service
LABEL org.opencontainers.image.title=identidock
# node_modules lies beside app/, so that a mount over app/ neither hides it nor brings in the host's.
WORKDIR /srv
COPY --from=dependencies /srv ./
# For a volume: a new one gets this folder's owner, and nobody else can write to it.
COPY --from=empty --chown=1000:1000 / ./data/
# Readable by every user and writable only by root, whatever the checkout's umask was.
COPY --chmod=755 cmd.sh tsconfig.json nodemon.json* ./
COPY --from=build /srv/dist ./dist
COPY --chmod=755 app ./app
# In a container, the published ports decide who can connect.
ENV HOST=0.0.0.0 STATS_HOST=0.0.0.0
EXPOSE 9090 9191
# A number, so that Kubernetes' runAsNonRoot can tell that it is not root.
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=250ms \
    CMD ["node_modules/.bin/quayside", "healthcheck"]
ENTRYPOINT []
CMD ["./cmd.sh"]

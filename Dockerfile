# check=skip=RedundantTargetPlatform
# The hook image: Node, the bundle, and nothing else. `docker build .` makes it from a clean clone. An application's migrator image is
#   FROM <this image>
#   COPY migrations /migrations
# Behind a mirror of npm's registry: docker build --secret id=npmrc,src=$HOME/.npmrc --secret id=ca,src=ca.pem .
# Neither file stays in the image. BUILD_BASE and BASE name other base images: one with npm and a shell, one with node.
ARG BUILD_BASE=node:24-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:14d42e2511532589a7c7e01a753667a74fcc96266e137e8125006b87b0c32d0a

# The bundle is the same for every architecture, so it is made on that of the machine.
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
WORKDIR /lotse
COPY package.json package-lock.json .npmrc ./
COPY test/package.json test/
COPY test/platform/package.json test/platform/
RUN --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    export npm_config_userconfig=/run/secrets/npmrc; \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --workspaces=false --ignore-scripts --loglevel=error
COPY hook hook
# What V8 compiled is of use to the Node that compiled it alone, which is not the one below.
RUN node hook/build/bundle.mjs && rm dist/*.cache

# Buildah would go on with the platform of the stage before (https://github.com/podman-container-tools/buildah/issues/4721).
FROM --platform=$TARGETPLATFORM ${BASE}
COPY --from=build /lotse/dist /lotse
# The public base keeps node in /nodejs/bin, others in /usr/local/bin.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin \
    LOTSE_MIGRATIONS=/migrations \
    LOTSE_TERMINATION_LOG=/dev/termination-log
USER 0:0
RUN ["node", "/lotse/precompile.js"]
USER 65532:65532
WORKDIR /
ENTRYPOINT ["node", "/lotse/lotse.js"]
CMD ["up"]
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=https://github.com/example/lotse
LABEL org.opencontainers.image.title="Lotse" \
      org.opencontainers.image.description="Migrates PostgreSQL before a new version rolls out" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.url="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}/blob/main/README.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}"

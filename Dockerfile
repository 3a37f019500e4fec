# The tool in a container: docs/container-image.md says what it needs to run.
#
#   docker build --tag pg-rehearsal .
#
# BASE is a Debian 13 with Node and npm, such as the slim image of Node.
ARG BASE=node:24-trixie-slim

FROM ${BASE} AS build
ENV npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
ARG npm_config_registry=https://registry.npmjs.org/
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY harness harness
RUN npm run build
# An optional peer, but an image without it could fetch nothing from S3.
RUN npm pkg set "dependencies.@aws-sdk/client-s3=$(npm pkg get 'devDependencies.@aws-sdk/client-s3' | tr -d '"')" && \
    npm pkg delete devDependencies.@aws-sdk/client-s3 peerDependencies peerDependenciesMeta && \
    npm prune --omit=dev

# Client tools for embedded and external servers; their package would bring Perl along.
FROM ${BASE} AS client
RUN apt-get update && \
    apt-get install --yes --no-install-recommends postgresql-client && \
    install -D --target-directory=/client /usr/lib/postgresql/*/bin/psql \
      /usr/lib/postgresql/*/bin/pg_restore /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_dumpall

FROM ${BASE}
# tini reaps what a killed server leaves, and hands signals on; ssh reaches engines by DOCKER_HOST=ssh://.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends \
      tini openssh-client libpq5 libreadline8t64 bzip2 lz4 xz-utils && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc/*
COPY --from=client /client/ /usr/local/bin/
COPY --from=build /build/package.json /opt/pg-rehearsal/
COPY --from=build /build/node_modules /opt/pg-rehearsal/node_modules
COPY --from=build /build/dist /opt/pg-rehearsal/dist
COPY LICENSE /opt/pg-rehearsal/
RUN chmod 755 /opt/pg-rehearsal/dist/bin.js && \
    ln -s /opt/pg-rehearsal/dist/bin.js /usr/local/bin/rehearse && \
    install --directory --owner=node --group=node /project && \
    install --directory --mode=1777 /cache && \
    psql --version && pg_restore --version && rehearse --version && \
    rm -rf /tmp/node-compile-cache

# What is kept from one rehearsal to the next, where a volume is mounted there.
ENV XDG_CACHE_HOME=/cache XDG_STATE_HOME=/cache/state
# Renewed by the program itself while it gets round to it; none of its children does.
ENV REHEARSAL_HEARTBEAT=/tmp/.rehearse-heartbeat
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["sh", "-c", "test -n \"$(find \"$REHEARSAL_HEARTBEAT\" -newermt '-60 seconds')\""]
USER node
WORKDIR /project
ENTRYPOINT ["tini", "--", "rehearse"]
CMD ["run"]

# The migrator of one release, and its finisher.
FROM localhost/lotse:dev
ARG MIGRATIONS
COPY ${MIGRATIONS} /migrations

# The migrator: Lotse, and the Umzug files that the backend ran before.
FROM localhost/lotse:dev
ARG MIGRATIONS
COPY ${MIGRATIONS} /migrations

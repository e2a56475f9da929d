# The hook image: Node, the bundle that `make dist` builds, and nothing else. An application's migrator image is
#   FROM <this image>
#   COPY migrations /migrations
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
COPY dist /lotse
# The public base keeps node in /nodejs/bin, others in /usr/local/bin.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin \
    LOTSE_MIGRATIONS=/migrations \
    LOTSE_TERMINATION_LOG=/dev/termination-log
# What V8 compiled where dist was made is of no use to another version of Node; of the same one, this does it again.
USER 0:0
RUN ["node", "/lotse/precompile.js"]
USER 65532:65532
WORKDIR /
ENTRYPOINT ["node", "/lotse/lotse.js"]
CMD ["up"]

# The images of docker-compose.yml. Two ways to the same ones, chosen by CLOCKER_BUILD (see .env.example):
#   prebuilt   takes bin/ as `make build` left it: no registry and no golang image are needed
#   source     compiles here: no Go is needed
# Each way has two targets: NAME, all of Clocker's programs and nothing else; and NAME-postgres.
#
# No feature of BuildKit is used. The classic builder runs every stage above the one asked for, so those that need nothing
# stand first, and a bin/ that is not there is no error to them: LICENSE is what they find then.

ARG GO_IMAGE=golang:1.26.8-bookworm
ARG BASE_IMAGE=debian:12-slim

FROM scratch AS prebuilt
COPY LICENSE bin/* /usr/bin/
ENTRYPOINT ["/usr/bin/clocker"]

FROM ${BASE_IMAGE} AS database
# The account has its number before the package could give it another. No cluster is made: clocker makes its own.
RUN groupadd --gid 10002 postgres \
 && useradd --uid 10002 --gid 10002 --home-dir /var/lib/postgresql --shell /usr/sbin/nologin postgres \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common \
 && mkdir -p /etc/postgresql-common/createcluster.d \
 && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/clocker.conf \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-15 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
USER 10002:10002

FROM database AS prebuilt-postgres
COPY LICENSE bin/clocker* /usr/bin/
ENTRYPOINT ["/usr/bin/clocker", "postgres"]

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY . .
RUN dev/build

FROM scratch AS source
COPY LICENSE /usr/bin/
COPY --from=build /src/bin/ /usr/bin/
ENTRYPOINT ["/usr/bin/clocker"]

FROM database AS source-postgres
COPY --from=build /src/bin/clocker /usr/bin/
ENTRYPOINT ["/usr/bin/clocker", "postgres"]

# kubetemper and nothing else: no shell, no libraries, one user.
#
#     docker build --tag kubetemper .
#     docker run --interactive --rm --network none --read-only kubetemper < manifests.yaml
#
# It reads standard input (manifests, or a ResourceList as a KRM function) and writes standard output; docs/container.md.
# Releases take the binaries that .ci/package.sh has built, for each platform: --build-arg BINARY=prebuilt.
ARG BINARY=build

FROM rust:1.95-alpine AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked && cp target/release/kubetemper /kubetemper

FROM scratch AS prebuilt
ARG TARGETARCH
COPY target/package/linux-${TARGETARCH}/kubetemper /kubetemper

FROM ${BINARY} AS binary

FROM scratch
LABEL org.opencontainers.image.title=kubetemper \
      org.opencontainers.image.source=https://github.com/kubetemper/kubetemper \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"
COPY --from=binary /kubetemper /kubetemper
# kustomize runs functions with `--user nobody`, and only the image can tell who that is.
COPY <<PASSWD /etc/passwd
nobody:x:65534:65534:nobody:/:/sbin/nologin
PASSWD

COPY <<GROUP /etc/group
nobody:x:65534:
GROUP

USER 65534:65534
ENTRYPOINT ["/kubetemper"]

# The filter with its models and ONNX Runtime, and nothing that builds them.
#
#   docker build -t portcullis .
#   docker run -p 8080:8080 -e PORTCULLIS__PROXY__UPSTREAM=my-site:80 -v portcullis:/var/lib/portcullis portcullis
#   docker exec CONTAINER portcullis bans list --token-file admin.token
#
# The bases are named by their exact tags; a tag can be moved, a digest cannot. Where your registry can be asked, pin them:
#   docker buildx imagetools inspect debian:12.11-slim
#   docker build --build-arg DEBIAN_IMAGE=debian:12.11-slim@sha256:… --build-arg RUST_IMAGE=rust:1.95.0-bookworm@sha256:… .
# tests/shows/deploy.sh runs the final stage's steps in a bare Debian of the same release and works out the size.
ARG RUST_IMAGE=rust:1.95.0-bookworm
ARG DEBIAN_IMAGE=debian:12.11-slim

FROM ${RUST_IMAGE} AS build
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get install --yes --no-install-recommends cmake python3 python3-pip
# The image has the toolchain itself; rustfmt and clippy, which rust-toolchain.toml asks for, are not needed here.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY scripts scripts
RUN --mount=type=cache,target=/root/.cache/pip scripts/fetch-onnxruntime
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY benches benches
COPY tests tests
COPY src src
# Line tables are four fifths of the binary; function names stay for backtraces.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
    && install -D target/release/portcullis /out/portcullis \
    && strip --strip-debug /out/portcullis

FROM ${DEBIAN_IMAGE}
LABEL org.opencontainers.image.title="portcullis" \
      org.opencontainers.image.description="A reverse-proxy web application firewall that judges requests and visits" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /var/lib/portcullis --create-home portcullis
# Certificates of authorities: Pingora does not start without them. The package would bring openssl's program along.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/tools/onnxruntime/ /usr/lib/portcullis/
COPY --from=build /out/portcullis /usr/bin/portcullis
COPY models/*.onnx models/*.screen models/*.gate models/*.toml /usr/share/portcullis/models/
COPY conf/docker.toml /etc/portcullis/portcullis.toml
COPY LICENSE /usr/share/doc/portcullis/LICENSE
RUN portcullis --version
USER portcullis
ENV PORTCULLIS__MODEL__DIR=/usr/share/portcullis/models \
    ORT_DYLIB_PATH=/usr/lib/portcullis/libonnxruntime.so
WORKDIR /var/lib/portcullis
VOLUME /var/lib/portcullis
EXPOSE 8080
# Whether the process answers; a store that is away is not mended by a new container (that is /readyz).
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s CMD ["portcullis", "health", "--live"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["portcullis"]
CMD ["run", "--config", "/etc/portcullis/portcullis.toml"]

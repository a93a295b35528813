# The filter with its models and ONNX Runtime, and nothing that builds them.
#
#   docker build -t portcullis .
#   docker run -p 8080:8080 -e PORTCULLIS__PROXY__UPSTREAM=my-site:80 -v portcullis:/var/lib/portcullis portcullis
#
# The bases are named by their exact tags. Where your registry can be asked, pin them by digest as well
# (docker buildx imagetools inspect TAG): a tag can be moved, a digest cannot.

FROM rust:1.95.0-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cmake python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
# The image has the toolchain itself; rustfmt and clippy, which rust-toolchain.toml asks for, are not needed here.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY scripts scripts
RUN scripts/fetch-onnxruntime
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
    && install -D target/release/portcullis /out/portcullis

FROM debian:12.11-slim
LABEL org.opencontainers.image.title="portcullis" \
      org.opencontainers.image.description="A reverse-proxy web application firewall that judges requests and visits" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /var/lib/portcullis --create-home portcullis
COPY --from=build /src/tools/onnxruntime/ /usr/lib/portcullis/
COPY --from=build /out/portcullis /usr/bin/portcullis
COPY --from=build /src/models/*.onnx /src/models/*.toml /usr/share/portcullis/models/
COPY --from=build /src/conf/docker.toml /etc/portcullis/portcullis.toml
COPY --from=build /src/LICENSE /usr/share/doc/portcullis/LICENSE
RUN portcullis --version
USER portcullis
ENV PORTCULLIS__MODEL__DIR=/usr/share/portcullis/models \
    ORT_DYLIB_PATH=/usr/lib/portcullis/libonnxruntime.so
WORKDIR /var/lib/portcullis
VOLUME /var/lib/portcullis
EXPOSE 8080
# The admin listener is on the container's loopback; there is no curl in the image, so bash asks.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/9901 && printf 'GET /livez HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["portcullis"]
CMD ["run", "--config", "/etc/portcullis/portcullis.toml"]

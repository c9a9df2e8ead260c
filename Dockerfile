# Logster in a container. Targets: `logster` (the last, so the default; scores with WebAssembly) and `gpu` (TensorFlow
# with CUDA). Both start one command line of Logster: `start ingest`, `topics create`, `keys list`, ...

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund \
    # what `npm run build` compares before it would install again
    && node -e "const hash = require('crypto').createHash('sha256').update(require('fs').readFileSync('package-lock.json')).digest('hex'); require('fs').writeFileSync('node_modules/.logster-installed', hash)"
COPY . .
RUN npm run build \
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

# Only what the product reads while it runs.
FROM build AS product
RUN mkdir /product \
    && cp -r package.json LICENSE NOTICE contracts dist node_modules /product/ \
    && mkdir /product/models \
    && cp -r models/windows models/linux /product/models/ \
    && rm -rf /product/dist/.tsbuildinfo /product/dist/.built /product/dist/.page

# Native TensorFlow with CUDA: docs/native.md says what it needs and where it comes from. It is built on the system that
# it will run on. CUDA and cuDNN come with it, so that the base brings no libraries twice.
FROM nvidia/cuda:12.5.1-base-ubuntu22.04 AS gpu-build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates g++ python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /app
COPY --from=product /product ./
COPY --from=build /app/.npmrc ./
COPY --from=build /app/platform/setup-native ./platform/setup-native
# A level instead of `native`: the machine that runs it need not be the one that built it.
ARG MARCH=x86-64-v3
RUN node dist/platform/deploy/image-main.js setup-native --gpu --march "$MARCH"

FROM nvidia/cuda:12.5.1-base-ubuntu22.04 AS gpu
LABEL org.opencontainers.image.title="Logster (GPU)" \
      org.opencontainers.image.description="Tells from the behaviour of a computer that it is under attack; scores on an NVIDIA GPU" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 1000 node \
    && useradd --uid 1000 --gid node --no-create-home --home-dir /tmp --shell /usr/sbin/nologin node \
    && install -d -o node -g node -m 0700 /data /cuda-cache
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=gpu-build /app ./
ENV NODE_ENV=production \
    LOGSTER_DATA=/data \
    LOGSTER_API__HOST=0.0.0.0 \
    LOGSTER_DASHBOARD__HOST=0.0.0.0 \
    LOGSTER_OPS__HOST=0.0.0.0 \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    CUDA_CACHE_PATH=/cuda-cache
USER 1000:1000
VOLUME ["/data", "/cuda-cache"]
EXPOSE 8080 5001 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=180s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LOGSTER_OPS__PORT ?? 9464}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=64", "/app/dist/platform/deploy/image-main.js"]
CMD ["start", "--no-demo"]

FROM node:24.21.0-bookworm-slim AS logster
LABEL org.opencontainers.image.title="Logster" \
      org.opencontainers.image.description="Tells from the behaviour of a computer that it is under attack" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN install -d -o node -g node -m 0700 /data
WORKDIR /app
# Owned by root and never written to: the process runs as node (1000).
COPY --from=product /product ./
ENV NODE_ENV=production \
    LOGSTER_DATA=/data \
    LOGSTER_API__HOST=0.0.0.0 \
    LOGSTER_DASHBOARD__HOST=0.0.0.0 \
    LOGSTER_OPS__HOST=0.0.0.0
USER 1000:1000
VOLUME ["/data"]
EXPOSE 8080 5001 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LOGSTER_OPS__PORT ?? 9464}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=64", "/app/dist/platform/deploy/image-main.js"]
CMD ["start", "--no-demo"]

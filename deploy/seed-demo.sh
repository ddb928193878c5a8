#!/bin/sh
# Points Berth at the simulated cluster and adds demo data. The certificate of the simulator is its own, so its
# fingerprint is read from it and pinned.
set -eu

PROXMOX_FINGERPRINT=$(node -e '
  const { hostname, port } = new URL(process.env.PROXMOX_URL);
  const socket = require("node:tls").connect({ host: hostname, port: port || 443, rejectUnauthorized: false }, () => {
    console.log(socket.getPeerCertificate().fingerprint256);
    socket.end();
  });
')
export PROXMOX_FINGERPRINT
exec node db/seed.ts

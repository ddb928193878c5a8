import helmet from 'koa-helmet';
import type { Middleware } from 'koa';

/** Strict headers for everything: no inline script, no framing, and HSTS where the public URL is https. */
export function securityHeaders(publicUrl: string | undefined): Middleware {
  const isHttps = publicUrl?.startsWith('https:') ?? false;
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        // Blueprint and Swagger UI set style attributes; those cannot run script.
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: isHttps ? { maxAge: 31_536_000 } : false,
    xFrameOptions: { action: 'deny' },
    // Only meaningful, and only accepted by browsers, over https.
    crossOriginOpenerPolicy: isHttps,
    originAgentCluster: isHttps,
  });
}

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const gateway = process.env.SPEKO_BASE_URL ?? "http://127.0.0.1:8787";

export default defineConfig(({ command }) => ({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: {
    // The SDK's sources while one works on them. The client comes as it was built, for its worklet is a file of its own.
    alias:
      command === "serve" ? { "@spekoai/sdk": fileURLToPath(new URL("../sdk/src/index.ts", import.meta.url)) } : {},
  },
  build: {
    outDir: "../../src/speko/console/static",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // The gateway's policy allows its own files only: nothing may become a data: address or code within the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    // The page's own host stays in the requests: the gateway takes a login from its own page only.
    proxy: { "/v1": { target: gateway, ws: true }, "/console": { target: gateway } },
  },
}));

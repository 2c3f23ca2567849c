import { buildLibrary } from "../build-library.mjs";

await buildLibrary({ entries: { index: "src/index.ts" } });

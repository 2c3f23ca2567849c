import { buildLibrary } from "../build-library.mjs";

await buildLibrary({
  entries: { index: "src/index.ts", "audio-worklet": "src/audio/worklet/processors.ts" },
  limit: { entry: "index", with: ["audio-worklet"], bytes: 15_000 },
});

/** The parts of a turn: their names, for every page that draws turns. Their colours: style/parts.css. */

/**
 * What the time of a turn goes into, in order. `engine` stands for everything inside a speech-to-speech engine, `tool`
 * for a tool that runs in the browser, `playout` for the network and the buffer before the loudspeaker, `waiting` for
 * what is under way and has no name until it is done.
 */
export const PARTS = [
  "speech",
  "endpointing",
  "recognition",
  "model",
  "tool",
  "synthesis",
  "delivery",
  "engine",
  "playout",
  "waiting",
  "answer",
] as const;
export type Part = (typeof PARTS)[number];

/** For people. Whoever talks to the agent is "You" on the page where that happens. */
export const PART_NAMES: Readonly<Record<Part, string>> = {
  speech: "User speaks",
  endpointing: "Endpointing",
  recognition: "Recognition",
  model: "Model",
  tool: "Tool",
  synthesis: "Synthesis",
  delivery: "Delivery",
  engine: "Engine",
  playout: "Playout",
  waiting: "Waiting",
  answer: "Agent speaks",
};

/** The other end of the socket, for measurements: greets, sends tones, and takes what comes. */

import type { Server } from "node:http";
import { WebSocketServer } from "ws";

const RATE = 24_000;
const FRAME = RATE / 50;
const FRAME_MS = 20;

/** 20 ms of a tone of 1 kHz. */
const TONE = Buffer.from(
  Int16Array.from({ length: FRAME }, (_, i) => 12_000 * Math.cos((2 * Math.PI * 1000 * i) / RATE)).buffer,
);

export interface EngineOptions {
  /** Frames of sound, and frames of nothing behind them, again and again. */
  on: number;
  off: number;
}

/** Answers every socket of the server. */
export function attachEngine(server: Server, options: () => EngineOptions): void {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.send(JSON.stringify({ t: "ready", inputSampleRate: RATE, outputSampleRate: RATE }));
    const started = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const { on, off } = options();
      // By the clock, as timers come late on a busy machine.
      for (; sent < (performance.now() - started) / FRAME_MS; sent++) {
        const place = sent % (on + off);
        if (place === 0) {
          socket.send(JSON.stringify({ t: "turn", stage: "first_audio", ms: 0 }));
        }
        if (place < on) {
          socket.send(TONE);
        } else if (place === on) {
          socket.send(JSON.stringify({ t: "turn", stage: "response_done", ms: 0 }));
        }
      }
    }, 5);
    socket.on("close", () => clearInterval(timer));
    socket.on("message", () => {});
  });
}

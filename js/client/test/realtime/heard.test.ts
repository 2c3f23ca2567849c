/** A gateway and a loudspeaker that keep to their rules, and what is said of them. */

import { expect, it } from "vitest";
import { Heard } from "../../src/realtime/heard.js";
import { type Random, random } from "./random.js";

const RATE = 24_000;

/** Where each sample of the stream belongs is known here. */
class Model {
  readonly heard = new Heard(RATE);
  /** Number of the answer that each ms of the stream belongs to. */
  stream: number[] = [];
  answer = 0;
  played = 0;
  dropped = 0;
  /** ms of each answer that left for the loudspeaker. */
  truth = new Map<number, number>();
  reports: { answer: number; ms: number }[] = [];
  readonly next: Random;

  constructor(seed: number) {
    this.next = random(seed);
  }

  /** What is true of the newest answer. */
  get now(): { answer: number; ms: number } {
    return { answer: this.answer, ms: this.truth.get(this.answer) ?? 0 };
  }

  sound(): void {
    const ms = 1 + this.next.below(400);
    this.stream.push(...Array(ms).fill(this.answer));
    this.heard.sound((ms * RATE) / 1000);
  }

  begins(announced: boolean): void {
    this.answer += 1;
    announced && this.heard.announced();
    this.sound();
  }

  plays(): void {
    for (let ms = this.next.below(300); ms > 0 && this.played + this.dropped < this.stream.length; ms--) {
      const answer = this.stream[this.played + this.dropped] ?? 0;
      this.truth.set(answer, (this.truth.get(answer) ?? 0) + 1);
      this.played += 1;
    }
    this.tell();
  }

  flush(): void {
    this.dropped = this.stream.length - this.played;
  }

  tell(): void {
    const perMs = RATE / 1000;
    const playing = this.played + this.dropped < this.stream.length;
    const progress = { played: this.played * perMs, dropped: this.dropped * perMs, playing, latencyMs: 0 };
    for (const ms of this.heard.progress(progress)) {
      this.reports.push({ answer: this.answer, ms });
    }
  }
}

/** One answer, with lost sockets in between. */
function answer(model: Model): void {
  const { next, heard } = model;
  model.begins(next.below(3) > 0);
  for (let j = next.below(12); j > 0; j--) {
    const kind = next.below(10);
    if (kind < 3) {
      model.sound();
    } else if (kind < 9) {
      model.plays();
    } else if (heard.attached()) {
      model.flush();
      model.tell();
      expect(model.reports.at(-1)).toEqual(model.now);
      model.sound(); // the rest of it
    }
    const told = model.reports.at(-1);
    expect(told?.answer === model.answer ? told.ms : 0).toBeLessThanOrEqual(model.now.ms);
  }
}

it("every report is true of the newest answer, also over lost sockets, and what is interrupted is reported exactly", () => {
  let reports = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const model = new Model(seed);
    for (let i = 0; i < 12; i++) {
      answer(model);
      if (model.next.below(2) === 0) {
        model.heard.interrupted();
        model.flush();
        model.tell();
        expect(model.reports.at(-1)).toEqual(model.now);
      } else {
        model.heard.done();
        model.next.below(2) === 0 && model.plays();
      }
    }
    for (let number = 1; number <= model.answer; number++) {
      const told = model.reports.filter((report) => report.answer === number).map((report) => report.ms);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      reports += told.length;
    }
  }
  expect(reports).toBeGreaterThan(3_000);
});

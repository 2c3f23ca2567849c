/** The class that pages see, over the real shells, with a socket and a sound of paper. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RealtimeVoiceConversation, SpekoClientError } from "../../src/index.js";
import { FakeAudio, SESSION } from "./fakes.js";

const made = vi.hoisted(() => ({ audio: [] as unknown[], options: [] as unknown[] }));
vi.mock("../../src/audio/browser_audio.js", () => ({
  createBrowserAudio: (options: unknown) => (settings: never, events: never) => {
    made.options.push(options);
    const audio = new FakeAudio(settings, events, []);
    made.audio.push(audio);
    queueMicrotask(() => audio.started.resolve());
    return audio;
  },
}));

const sent: unknown[] = [];

class Gateway extends EventTarget {
  bufferedAmount = 0;
  onopen = () => {};
  onclose = (_: { code: number; reason: string }) => {};
  onmessage = (_: { data: unknown }) => {};

  constructor() {
    super();
    queueMicrotask(() => {
      this.onopen();
      this.onmessage({ data: '{"t":"ready","inputSampleRate":16000,"outputSampleRate":16000}' });
    });
  }

  send(data: unknown): void {
    sent.push(data);
  }

  close(code: number, reason: string): void {
    sent.push([code, reason]);
    queueMicrotask(() => this.onclose({ code, reason }));
  }
}

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal("WebSocket", Gateway);
});
afterEach(() => vi.unstubAllGlobals());

it("does what its methods say", async () => {
  const conversation = await RealtimeVoiceConversation.create({ ...SESSION, workletUrl: "/worklet.js" });
  const audio = made.audio.at(-1) as FakeAudio;
  expect(made.options.at(-1)).toEqual({ workletUrl: "/worklet.js" });
  expect(conversation.getId()).toBe(SESSION.sessionId);
  expect(conversation.isOpen()).toBe(true);
  expect([conversation.getInputLevel(), conversation.getOutputLevel()]).toEqual([0.25, 0.5]);
  conversation.setVolume(0.3);
  await conversation.setMicMuted(true);
  expect([audio.volume, audio.muted]).toEqual([0.3, true]);
  conversation.sendUserMessage("Hello");
  conversation.interrupt();
  conversation.commit();
  await conversation.endSession();
  expect(sent).toEqual([
    '{"t":"user_message","text":"Hello"}',
    '{"t":"interrupt"}',
    '{"t":"control","action":"commit"}',
    [1000, "client_stopped"],
  ]);
  expect(conversation.isOpen()).toBe(false);
  for (const send of [
    () => conversation.sendUserMessage(""),
    () => conversation.interrupt(),
    () => conversation.commit(),
  ]) {
    expect(send).toThrow(SpekoClientError);
  }
  await conversation.endSession();
});

it("rejects what it is not given", async () => {
  const creating = RealtimeVoiceConversation.create(undefined as never);
  await expect(creating).rejects.toMatchObject({ name: "SpekoClientError", code: "CONNECTION_FAILED" });
});

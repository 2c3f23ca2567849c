import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openWebSocket } from "../../src/realtime/socket.js";

/** As the browser's, as far as it is used. */
class BrowserSocket {
  static last: BrowserSocket;
  binaryType = "blob";
  bufferedAmount = 7;
  onopen = () => {};
  onerror = () => {};
  onclose = (_: { code: number; reason: string }) => {};
  onmessage = (_: { data: unknown }) => {};
  send = vi.fn();
  close = vi.fn();
  readonly opened: unknown[];

  constructor(...opened: unknown[]) {
    this.opened = opened;
    BrowserSocket.last = this;
  }
}

beforeEach(() => void vi.stubGlobal("WebSocket", BrowserSocket));
afterEach(() => vi.unstubAllGlobals());

it("passes everything through, and no byte is copied", () => {
  const told: unknown[] = [];
  const socket = openWebSocket("wss://gateway.example/", "token", {
    onOpen: () => told.push("open"),
    onText: (text) => told.push(text),
    onBinary: (data) => told.push(data),
    onError: () => told.push("error"),
    onClosed: (code, reason) => told.push([code, reason]),
  });
  const browser = BrowserSocket.last;
  expect(browser.opened).toEqual(["wss://gateway.example/", ["token"]]);
  expect(browser.binaryType).toBe("arraybuffer");
  const data = new ArrayBuffer(4);
  browser.onopen();
  browser.onmessage({ data: "text" });
  browser.onmessage({ data });
  browser.onerror();
  browser.onclose({ code: 1000, reason: "why" });
  expect(told).toEqual(["open", "text", data, "error", [1000, "why"]]);
  expect(told[2]).toBe(data);
  socket.send(data);
  socket.close(1000, "client_stopped");
  expect(browser.send.mock.calls[0]?.[0]).toBe(data);
  expect(browser.close).toHaveBeenCalledWith(1000, "client_stopped");
  expect(socket.buffered).toBe(7);
});

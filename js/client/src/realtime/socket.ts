/** A thin shell round the browser's WebSocket. */

/** What it tells. */
export interface SocketEvents {
  onOpen(): void;
  onText(text: string): void;
  onBinary(data: ArrayBuffer): void;
  onError(): void;
  onClosed(code: number, reason: string): void;
}

/** One socket. */
export interface Socket {
  /** Bytes that were given to it and have not left. */
  readonly buffered: number;
  send(data: string | ArrayBuffer): void;
  close(code: number, reason: string): void;
}

/** Opens a socket with a token as its subprotocol. Throws what the browser throws. */
export type SocketFactory = (url: string, token: string, events: SocketEvents) => Socket;

export const openWebSocket: SocketFactory = (url, token, events) => {
  const socket = new WebSocket(url, [token]);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => events.onOpen();
  socket.onerror = () => events.onError();
  socket.onclose = ({ code, reason }) => events.onClosed(code, reason);
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
    typeof data === "string" ? events.onText(data) : events.onBinary(data);
  return {
    get buffered() {
      return socket.bufferedAmount;
    },
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  };
};

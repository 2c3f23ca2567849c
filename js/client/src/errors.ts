/** The one error class of this package. */

/** `INVALID_MESSAGE` and `DISCONNECTED` are kept for code that names them; nothing raises them. */
export type SpekoClientErrorCode =
  | "CONNECTION_FAILED"
  | "MICROPHONE_FAILED"
  | "NOT_CONNECTED"
  | "INVALID_MESSAGE"
  | "DISCONNECTED";

/** What `create` and the methods of a conversation throw. `cause` is what lies behind it, where something does. */
export class SpekoClientError extends Error {
  override readonly name = "SpekoClientError";
  readonly code: SpekoClientErrorCode;

  constructor(message: string, code: SpekoClientErrorCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The TypeScript client of a speko gateway. */

export type { FetchFunction, SpekoOptions } from "./config.js";
export { type ErrorContext, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from "./http/errors.js";
export type { RealtimeResource } from "./realtime/connect.js";
export type {
  ApiKeysResource,
  CreditsResource,
  LimitsResource,
  OrganizationResource,
  RequestsResource,
  UsageResource,
  VoicesResource,
} from "./resources/account.js";
export type { BenchmarksResource, ProvidersResource } from "./resources/providers.js";
export type { SessionStream } from "./resources/session_stream.js";
export type { CreateSessionOptions, SessionsResource } from "./resources/sessions.js";
export { Speko } from "./speko.js";
export type * from "./types/account.js";
export type * from "./types/benchmarks.js";
export type * from "./types/complete.js";
export type * from "./types/providers.js";
export type * from "./types/realtime.js";
export type * from "./types/routing.js";
export type * from "./types/sessions.js";
export type * from "./types/synthesize.js";
export type * from "./types/transcribe.js";
export { VERSION } from "./version.js";

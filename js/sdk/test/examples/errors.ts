import { Speko, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

try {
  await speko.organization.get();
} catch (error) {
  if (error instanceof SpekoAuthError) {
    console.error("The API key is not valid.");
  } else if (error instanceof SpekoRateLimitError) {
    console.error(`Wait ${error.retryAfter ?? "a few"} seconds.`);
  } else if (error instanceof SpekoApiError) {
    console.error(error.status, error.code, error.message, error.requestId);
  } else {
    throw error;
  }
}

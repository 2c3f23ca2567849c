import { type ChatMessage, type ChatTool, Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

const tools: ChatTool[] = [
  {
    name: "weather",
    description: "Tells the weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];
const messages: ChatMessage[] = [{ role: "user", content: "How is the weather in Lisbon?" }];
const intent = { language: "en", optimizeFor: "balanced" } as const;

let answer = await speko.complete({ messages, intent, tools });
while (answer.toolCalls !== undefined) {
  messages.push({ role: "assistant", content: answer.text, toolCalls: answer.toolCalls });
  for (const call of answer.toolCalls) {
    const { city } = JSON.parse(call.args) as { city: string };
    messages.push({ role: "tool", toolCallId: call.id, content: `Sunny in ${city}, 24 °C.` });
  }
  answer = await speko.complete({ messages, intent, tools });
}
console.log(answer.text, answer.usage.completionTokens);

for await (const event of speko.completeStream({ messages, intent })) {
  switch (event.type) {
    case "meta":
      console.log(`hop ${event.hop}: ${event.provider}`);
      break;
    case "delta":
      process.stdout.write(event.text);
      break;
    case "error":
      console.error(event.code, event.error);
      break;
  }
}

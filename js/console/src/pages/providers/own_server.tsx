/** How to bring models of one's own machine: the lines to type, for the servers that people run. */

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { Code, Tabs } from "../../ui/index.js";

interface Recipe {
  name: string;
  gives: string;
  steps: readonly { say: ComponentChildren; type: string }[];
}

const RECIPES: Record<string, Recipe> = {
  ollama: {
    name: "Ollama",
    gives: "A language model. The quickest way to an agent that thinks.",
    steps: [
      { say: "Fetch a model", type: "ollama pull llama3.2" },
      { say: "Start the gateway with Ollama’s address", type: "OLLAMA_BASE_URL=http://127.0.0.1:11434/v1 make run" },
    ],
  },
  llamacpp: {
    name: "llama.cpp",
    gives: "A language model: the one that the server was started with.",
    steps: [
      { say: "Start its server", type: "llama-server -m model.gguf --jinja --port 8080" },
      { say: "Start the gateway with its address", type: "LLAMACPP_BASE_URL=http://127.0.0.1:8080/v1 make run" },
    ],
  },
  vllm: {
    name: "vLLM",
    gives: "A language model, or Whisper. It serves what it was started with, so its model is named.",
    steps: [
      { say: "Start its server", type: "vllm serve Qwen/Qwen3-8B --port 8000" },
      {
        say: (
          <>
            Write this to <code>speko.toml</code> where the gateway starts (<code>stt:…</code> for a Whisper model),
            then <code>make run</code>
          </>
        ),
        type: '[providers.vllm]\nbase_url = "http://127.0.0.1:8000/v1"\nmodels = ["llm:Qwen/Qwen3-8B"]',
      },
    ],
  },
  speaches: {
    name: "speaches",
    gives: "Speech to text (Whisper) and text to speech (Kokoro).",
    steps: [
      {
        say: "Start it as its documentation says, on port 8000, then fetch a recogniser and a voice",
        type: "curl -X POST http://127.0.0.1:8000/v1/models/Systran/faster-whisper-small\ncurl -X POST http://127.0.0.1:8000/v1/models/speaches-ai/Kokoro-82M-v1.0-ONNX",
      },
      { say: "Start the gateway with its address", type: "SPEACHES_BASE_URL=http://127.0.0.1:8000/v1 make run" },
    ],
  },
  other: {
    name: "Another",
    gives: "Any server that speaks OpenAI’s API, under the name of openai.",
    steps: [
      {
        say: (
          <>
            In <code>speko.toml</code> where the gateway starts, then <code>make run</code>
          </>
        ),
        type: '[providers.openai]\napi_key = "what your server expects"\nbase_url = "http://127.0.0.1:9000/v1"\nmodels = ["llm:my-model"]',
      },
    ],
  },
};

export function OwnServer(): JSX.Element {
  const [selected, setSelected] = useState("ollama");
  const recipe = RECIPES[selected];
  return (
    <div class="own-server">
      <h3>How to connect one</h3>
      <Tabs
        label="Servers"
        tabs={Object.entries(RECIPES).map(([id, { name }]) => ({ id, label: name }))}
        selected={selected}
        onSelect={setSelected}
      >
        <p class="soft">{recipe?.gives}</p>
        <ol class="steps">
          {recipe?.steps.map((step) => (
            <li key={step.type}>
              <p>{step.say}</p>
              <Code text={step.type} label="line to type" />
            </li>
          ))}
        </ol>
        <p class="faint small">
          Several at once: put their variables in one line. With <code>speko serve</code> in place of{" "}
          <code>make run</code> it is the same. The address is that of a machine the gateway can reach.
        </p>
      </Tabs>
    </div>
  );
}

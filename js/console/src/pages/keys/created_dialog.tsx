/** A new key: shown this once, with what to do with it. */

import type { CreatedApiKey } from "@spekoai/sdk";
import type { JSX } from "preact";
import { Button, Code, CopyButton, Dialog, Notice } from "../../ui/index.js";

export function CreatedDialog({ created, onClose }: { created: CreatedApiKey; onClose: () => void }): JSX.Element {
  return (
    <Dialog
      title={`Your key “${created.name}”`}
      onClose={onClose}
      stays
      footer={
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <div class="key-shown">
        <code>{created.key}</code>
        <CopyButton text={created.key} label="Copy key" />
      </div>
      <Notice tone="warn">
        It is shown this once: the gateway keeps only its hash. Whoever has it can use everything here.
      </Notice>
      <div class="stack">
        <p>In a terminal, the command line reads it from the environment; give it to the SDKs as their API key:</p>
        <Code text={environment(location.origin, created.key)} label="lines for the environment" />
        <p>Or try it at once:</p>
        <Code text={curlLine(location.origin)} label="curl command" />
      </div>
    </Dialog>
  );
}

/** The variables that every program of the gateway reads. */
export function environment(origin: string, key: string): string {
  return `export SPEKO_BASE_URL=${origin}\nexport SPEKO_API_KEY=${key}`;
}

/** The cheapest call that shows whether a key works. */
export function curlLine(origin: string): string {
  return `curl -H "Authorization: Bearer $SPEKO_API_KEY" ${origin}/v1/organization`;
}

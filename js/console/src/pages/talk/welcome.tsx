/** Before anybody has said anything. */

import type { JSX } from "preact";
import { Icon, type IconName } from "../../ui/index.js";

/** What any engine understands, the embedded ones included; the last two call tools of this page. */
export const SUGGESTIONS: readonly string[] = [
  "What can you do?",
  "What time is it?",
  "What is seven plus five?",
  "Tell me a joke",
  "Throw the dice",
  "Read the clock",
];

const STEPS: ReadonlyArray<readonly [icon: IconName, words: string]> = [
  ["mic", "Press Start and allow the microphone. Headphones are best: an agent that hears itself interrupts itself."],
  ["talk", "Speak. The agent answers when you pause; talk over it to interrupt it."],
  ["clock", "Beside it you see where each millisecond of a turn goes, and who served it."],
];

export function Welcome(props: { live: boolean; onSay: (words: string) => void }): JSX.Element {
  return (
    <div class="talk-welcome">
      {props.live ? (
        <p class="welcome-live">Say something. For example:</p>
      ) : (
        <>
          <ol class="welcome-steps">
            {STEPS.map(([icon, words]) => (
              <li key={icon}>
                <Icon name={icon} />
                <span>{words}</span>
              </li>
            ))}
          </ol>
          <p class="welcome-try">Things to say</p>
        </>
      )}
      <ul class="welcome-suggestions">
        {SUGGESTIONS.map((words) => (
          <li key={words}>
            {props.live ? (
              <button
                type="button"
                class="chip"
                title="Say it, or press to send it as text"
                onClick={() => props.onSay(words)}
              >
                {words}
              </button>
            ) : (
              <q>{words}</q>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

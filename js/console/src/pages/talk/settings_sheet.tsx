/** What the next conversation is like: at the right, or from the foot of a phone. */

import type { OptimizeFor, Voice } from "@spekoai/sdk";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { type Choice, IconButton, Select, Switch, TextArea, TextField, useModal } from "../../ui/index.js";
import { CHOOSES_OUTPUT, type Device, devices } from "./devices.js";
import type { Engine } from "./engines.js";
import { LANGUAGES, LONGEST, OPTIMIZE_FOR, type TalkSettings } from "./settings.js";

interface SheetProps {
  settings: TalkSettings;
  engine: Engine | undefined;
  /** Voices that are known of whoever would speak. */
  voices: readonly Voice[];
  live: boolean;
  onChange: (changes: Partial<TalkSettings>) => void;
  onClose: () => void;
}

/** Shown while it is rendered. The browser keeps the focus inside and gives it back; Escape closes it. */
export function SettingsSheet(props: SheetProps): JSX.Element {
  const modal = useModal(props.onClose);
  const id = useId();
  return (
    <dialog {...modal} class="talk-sheet" aria-labelledby={id}>
      <div class="sheet-box">
        <header class="sheet-head">
          <h2 id={id}>Settings</h2>
          <IconButton icon="close" label="Close" onClick={props.onClose} />
        </header>
        <p class="sheet-note">
          {props.live
            ? "Changes hold from the next conversation on; volume and mute at once."
            : "Kept in this browser, for this and later conversations."}
        </p>
        <div class="sheet-body">
          <AgentFields {...props} />
          <SoundFields {...props} />
        </div>
      </div>
    </dialog>
  );
}

function AgentFields(props: SheetProps): JSX.Element {
  const { settings, engine, onChange } = props;
  const isRouted = engine?.kind !== "vendor";
  return (
    <fieldset>
      <legend>Agent</legend>
      <TextArea
        label="System prompt"
        rows={4}
        value={settings.prompt}
        maxLength={LONGEST.prompt}
        placeholder="You are Nova, a friendly receptionist. Answer in one or two short sentences."
        hint="The embedded rules take only a name from it (“You are Nova”); a language model takes all of it."
        onInput={(prompt) => onChange({ prompt })}
      />
      {isRouted && (
        <TextField
          label="First words of the agent"
          value={settings.greeting}
          maxLength={LONGEST.greeting}
          placeholder="Empty: it waits for you"
          hint="Said by the gateway’s own agent as soon as it is connected."
          onInput={(greeting) => onChange({ greeting })}
        />
      )}
      <VoiceField {...props} />
      {isRouted && <RoutingFields settings={settings} onChange={onChange} />}
      <Switch
        label="Let the agent call tools of this page"
        checked={settings.tools}
        onChange={(tools) => onChange({ tools })}
        hint="Two that run in this browser: dice, and its clock."
      />
    </fieldset>
  );
}

function VoiceField(props: SheetProps): JSX.Element {
  const { settings, engine, voices } = props;
  const id = engine?.id ?? "";
  const value = settings.voices[id] ?? "";
  const change = (voice: string): void => props.onChange({ voices: { ...settings.voices, [id]: voice } });
  if (voices.length === 0) {
    return (
      <TextField
        label="Voice"
        value={value}
        maxLength={LONGEST.voice}
        placeholder="Empty: the vendor’s own choice"
        hint="As the vendor names it."
        onInput={change}
      />
    );
  }
  const known = voices.map((voice): Choice => ({ value: voice.id, label: voice.name || voice.id }));
  const kept = value !== "" && !voices.some((voice) => voice.id === value) ? [{ value, label: value }] : [];
  return (
    <Select
      label="Voice"
      value={value}
      choices={[{ value: "", label: "As the engine chooses" }, ...kept, ...known]}
      onChange={change}
    />
  );
}

function RoutingFields(props: Pick<SheetProps, "settings" | "onChange">): JSX.Element {
  const { settings, onChange } = props;
  return (
    <div class="sheet-pair">
      <Select
        label="Language"
        value={settings.language}
        choices={LANGUAGES.map(([value, label]) => ({ value, label }))}
        onChange={(language) => onChange({ language })}
      />
      <Select
        label="Route for"
        value={settings.optimizeFor}
        choices={OPTIMIZE_FOR.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }))}
        onChange={(value) => onChange({ optimizeFor: value as OptimizeFor })}
      />
    </div>
  );
}

function SoundFields(props: SheetProps): JSX.Element {
  const { settings, onChange } = props;
  const { inputs, outputs } = devices.value;
  return (
    <fieldset>
      <legend>Sound</legend>
      <Select
        label="Microphone"
        value={settings.microphone}
        choices={choicesOf(inputs, settings.microphone)}
        hint={
          inputs.length === 0 ? "They can be chosen once the browser may use one: start a conversation." : undefined
        }
        onChange={(microphone) => onChange({ microphone })}
      />
      {CHOOSES_OUTPUT && outputs.length > 0 && (
        <Select
          label="Loudspeaker"
          value={settings.loudspeaker}
          choices={choicesOf(outputs, settings.loudspeaker)}
          onChange={(loudspeaker) => onChange({ loudspeaker })}
        />
      )}
      <Switch
        label="Cancel echoes"
        checked={settings.echoCancellation}
        onChange={(echoCancellation) => onChange({ echoCancellation })}
        hint="Keeps the agent from hearing itself. Headphones do it better."
      />
      <Switch
        label="Suppress noise"
        checked={settings.noiseSuppression}
        onChange={(noiseSuppression) => onChange({ noiseSuppression })}
      />
    </fieldset>
  );
}

function choicesOf(found: readonly Device[], chosen: string): Choice[] {
  const isGone = chosen !== "" && !found.some((device) => device.id === chosen);
  return [
    { value: "", label: "As the system has it" },
    ...(isGone ? [{ value: chosen, label: "The one chosen before (not there now)" }] : []),
    ...found.map((device) => ({ value: device.id, label: device.name })),
  ];
}

/** Form fields: a label, a hint and an error, tied together by ids. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./icons.js";

/** What a control takes over from its field. */
interface ControlIds {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** What is wrong with the value, and how to put it right. */
  error?: string | null | undefined;
  /** The label is read, not seen: for controls whose place says what they are. */
  labelHidden?: boolean | undefined;
}

/** Wraps any control: `<Field label="Name">{(ids) => <input {...ids} />}</Field>`. */
function Field(props: FieldProps & { children: (ids: ControlIds) => ComponentChildren }): JSX.Element {
  const id = useId();
  const described = [props.hint ? `${id}-hint` : "", props.error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id} class={props.labelHidden ? "sr-only" : "field-label"}>
        {props.label}
      </label>
      {props.children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": props.error ? true : undefined,
      })}
      {props.hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.error && (
        <p class="field-error" id={`${id}-error`} role="alert">
          <Icon name="alert" size={16} />
          {props.error}
        </p>
      )}
    </div>
  );
}

interface TextProps extends FieldProps {
  value: string;
  /** Each change as it is typed. */
  onInput: (value: string) => void;
  placeholder?: string | undefined;
  maxLength?: number | undefined;
}

/** One line of text. `secret` hides what is typed and keeps password managers and autocompletion away from it. */
export function TextField(
  props: TextProps & {
    type?: "text" | "search" | undefined;
    secret?: boolean | undefined;
    onEnter?: (() => void) | undefined;
  },
): JSX.Element {
  return (
    <Field {...fieldOf(props)}>
      {(ids) => (
        <input
          {...ids}
          class={`input ${props.secret ? "input-secret" : ""}`}
          type={(props.secret ? "password" : (props.type ?? "text")) as "text"}
          value={props.value}
          placeholder={props.placeholder}
          maxLength={props.maxLength}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          {...(props.secret ? { "data-1p-ignore": true, "data-lpignore": "true" } : {})}
          onInput={(event) => props.onInput(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && props.onEnter) {
              event.preventDefault();
              props.onEnter();
            }
          }}
        />
      )}
    </Field>
  );
}

/** Several lines of text. */
export function TextArea(props: TextProps & { rows?: number }): JSX.Element {
  return (
    <Field {...fieldOf(props)}>
      {(ids) => (
        <textarea
          {...ids}
          class="input"
          rows={props.rows ?? 4}
          value={props.value}
          placeholder={props.placeholder}
          maxLength={props.maxLength}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A choice of a `Select`. */
export interface Choice {
  value: string;
  label: string;
  disabled?: boolean | undefined;
}

/** One of several. */
export function Select(
  props: FieldProps & {
    value: string;
    choices: readonly Choice[];
    onChange: (value: string) => void;
  },
): JSX.Element {
  return (
    <Field {...fieldOf(props)}>
      {(ids) => (
        <span class="select">
          <select
            {...ids}
            class="input"
            value={props.value}
            onChange={(event) => props.onChange(event.currentTarget.value)}
          >
            {props.choices.map((choice) => (
              <option
                key={choice.value}
                value={choice.value}
                disabled={choice.disabled}
                selected={choice.value === props.value}
              >
                {choice.label}
              </option>
            ))}
          </select>
          <Icon name="chevronDown" size={16} />
        </span>
      )}
    </Field>
  );
}

/** On or off, at once. */
export function Switch(props: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <div class="switch">
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={props.checked}
        checked={props.checked}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      {props.hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** A number between two ends. `format` gives the words shown and read. */
export function Slider(
  props: FieldProps & {
    value: number;
    min: number;
    max: number;
    step: number;
    onInput: (value: number) => void;
    format: (value: number) => string;
  },
): JSX.Element {
  const text = props.format(props.value);
  return (
    <Field {...fieldOf(props)}>
      {(ids) => (
        <span class="slider">
          <input
            {...ids}
            type="range"
            min={props.min}
            max={props.max}
            step={props.step}
            value={props.value}
            aria-valuetext={text}
            onInput={(event) => props.onInput(event.currentTarget.valueAsNumber)}
          />
          <output for={ids.id}>{text}</output>
        </span>
      )}
    </Field>
  );
}

function fieldOf(props: FieldProps): FieldProps {
  return { label: props.label, hint: props.hint, error: props.error, labelHidden: props.labelHidden };
}

/** Icons: own drawings on a grid of 20 px, in the colour of the text, for decoration only. */

import type { ComponentChildren, JSX } from "preact";

export type IconName = keyof typeof DRAWINGS;

/** One icon. It says nothing to a screen reader: the words beside it do. */
export function Icon({ name, size = 20 }: { name: IconName; size?: 16 | 20 | 32 }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      {DRAWINGS[name]}
    </svg>
  );
}

const DRAWINGS = {
  alert: <path d="M10 3.2 17.4 16a.6.6 0 0 1-.5.9H3.1a.6.6 0 0 1-.5-.9zM10 8v4M10 14.3v.2" />,
  arrowDown: <path d="M10 4v12M5 11l5 5 5-5" />,
  arrowLeft: <path d="M16 10H4M9 5l-5 5 5 5" />,
  arrowUp: <path d="M10 16V4M5 9l5-5 5 5" />,
  check: <path d="m4 10.5 4 4 8-9" />,
  chevronDown: <path d="m5 7.5 5 5 5-5" />,
  clock: pair(<circle cx="10" cy="10" r="7" />, <path d="M10 6v4l2.8 1.8" />),
  close: <path d="m5 5 10 10M15 5 5 15" />,
  code: <path d="m6.5 6-4 4 4 4M13.5 6l4 4-4 4M11.5 4l-3 12" />,
  copy: pair(
    <rect x="7" y="7" width="9.5" height="9.5" rx="1.5" />,
    <path d="M13 7V5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v6.5A1.5 1.5 0 0 0 5 13h2" />,
  ),
  docs: <path d="M5 2.8h7l3.5 3.5v10.9H5zM12 2.8v3.5h3.5M7.8 10h5M7.8 13.3h5" />,
  external: <path d="M8 4.5H4.5v11h11V12M11.5 3.5h5v5M16 4l-7 7" />,
  info: pair(<circle cx="10" cy="10" r="7" />, <path d="M10 9.2v4.3M10 6.5v.1" />),
  key: pair(<circle cx="6.8" cy="13.2" r="3.5" />, <path d="m9.5 10.5 6.8-6.8M13 7l2.5 2.5" />),
  mic: pair(<rect x="7.5" y="2.5" width="5" height="9" rx="2.5" />, <path d="M4.5 9.5a5.5 5.5 0 0 0 11 0M10 15v2.5" />),
  micOff: (
    <path d="M12.5 8V5A2.5 2.5 0 0 0 7.8 3.8M7.5 7v2a2.5 2.5 0 0 0 3.5 2.3M4.5 9.5a5.5 5.5 0 0 0 8.5 4.6M15.5 9.5a5.5 5.5 0 0 1-.4 2M10 15v2.5M3 3l14 14" />
  ),
  moon: <path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z" />,
  phoneDown: <path d="M2.5 11.5c4-4.6 11-4.6 15 0l-2 2.5-3-1.5v-2a9 9 0 0 0-5 0v2l-3 1.5z" />,
  plus: <path d="M10 4v12M4 10h12" />,
  providers: pair(
    <rect x="3" y="3.5" width="14" height="5.5" rx="1.5" />,
    <path d="M3 12.5A1.5 1.5 0 0 1 4.5 11h11a1.5 1.5 0 0 1 1.5 1.5V15a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15zM6 6.3v.01M6 13.8v.01" />,
  ),
  refresh: <path d="M16 8.5A6.3 6.3 0 0 0 4.7 6.5L3.5 8M3.5 4v4h4M4 11.5a6.3 6.3 0 0 0 11.3 2l1.2-1.5M16.5 16v-4h-4" />,
  routing: pair(
    <circle cx="4.5" cy="10" r="1.8" />,
    <path d="M6.3 10H9c2 0 2-5 4-5h1.5M9 10c2 0 2 5 4 5h1.5M13.5 2.8 16 5l-2.5 2.2M13.5 12.8 16 15l-2.5 2.2" />,
  ),
  search: pair(<circle cx="9" cy="9" r="5.5" />, <path d="m13.2 13.2 3.8 3.8" />),
  send: <path d="M3 10 17 3.5 12.5 17l-3-5.5zM9.5 11.5 17 3.5" />,
  sessions: <path d="M3 5h7M6 10h8M10 15h7" />,
  signOut: <path d="M8 3.5H4.5v13H8M12 6.5l3.5 3.5-3.5 3.5M8.5 10h7" />,
  sort: <path d="m6.5 8 3.5-4 3.5 4M6.5 12l3.5 4 3.5-4" />,
  speaker: <path d="M3.5 7.5v5H6L10 16V4L6 7.5zM13 7.5a3.5 3.5 0 0 1 0 5M15 5a7 7 0 0 1 0 10" />,
  sun: pair(
    <circle cx="10" cy="10" r="3.3" />,
    <path d="M10 2.5v1.7M10 15.8v1.7M2.5 10h1.7M15.8 10h1.7M4.7 4.7l1.2 1.2M14.1 14.1l1.2 1.2M15.3 4.7l-1.2 1.2M5.9 14.1l-1.2 1.2" />,
  ),
  system: pair(<rect x="2.5" y="3.5" width="15" height="10" rx="1.5" />, <path d="M7 17h6M10 13.5V17" />),
  talk: <path d="M3.5 8.5v3M7.8 5v10M12.2 2.8v14.4M16.5 8v4" />,
  trash: <path d="M4 5.5h12M8 5.5v-2h4v2M5.5 5.5 6.3 17h7.4l.8-11.5M8.5 8.5v5.5M11.5 8.5v5.5" />,
  tool: (
    <path d="M12.5 3.5a4 4 0 0 0-3.8 5.3L3.5 14v2.5H6l5.2-5.2a4 4 0 0 0 5-5L13.8 8.7l-2.5-2.5 2.4-2.4a4 4 0 0 0-1.2-.3z" />
  ),
  usage: <path d="M3 17h14M5 14v-3.5M10 14V4M15 14V7.5" />,
};

function pair(...shapes: ComponentChildren[]): JSX.Element {
  return <g>{shapes}</g>;
}

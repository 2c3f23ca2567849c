/** The console's parts. Pages take them from here. */

export { Announcer, announce } from "./announcer.js";
export { Badge, type Tone } from "./badge.js";
export { Button, type ButtonKind, ButtonLink, IconButton } from "./button.js";
export { Code, CopyButton } from "./copy.js";
export { Confirm, Dialog, useModal } from "./dialog.js";
export { type Choice, Select, Slider, Switch, TextArea, TextField } from "./field.js";
export { count, duration } from "./format.js";
export { Icon, type IconName } from "./icons.js";
export { Empty, Notice, Skeleton, Spinner } from "./notice.js";
export { Fold, Page, Panel } from "./panel.js";
export { type Column, Table } from "./table.js";
export { Tabs } from "./tabs.js";
export { Money, Time } from "./time.js";
export { Unread } from "./unread.js";

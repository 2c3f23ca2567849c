import { beforeEach, expect, it } from "vitest";
import { Attachment } from "../../src/realtime/attachment.js";
import type { Effect } from "../../src/realtime/steps.js";

let effects: Effect[];
let attachment: Attachment;

beforeEach(() => {
  effects = [];
  attachment = new Attachment((effect) => effects.push(effect));
  attachment.begin();
  attachment.opened(1);
  attachment.ready();
  effects.length = 0;
});

const taken = () => effects.splice(0).map((effect) => Object.values(effect).join(" "));

it("opens another socket at once when the carrier breaks, and tries for 15 s", () => {
  expect(attachment.closed(1, 1006)).toBe("away");
  expect(attachment.carrier).toBeUndefined();
  expect(taken()).toEqual(["set_timer give_up 15000", "open_socket 2", "clear_timer retry", "set_timer attempt 3000"]);
  expect(attachment.timer("give_up")).toBe(true);
});

it("tries again after delays that double up to 2 s, and at once when there is a network", () => {
  attachment.closed(1, 1006);
  const delays = [2, 3, 4, 5, 6].map((id) => {
    effects.length = 0;
    expect(attachment.closed(id, 1006)).toBe("nothing");
    const [, delay] = taken();
    expect(attachment.timer("retry")).toBe(false);
    expect(attachment.candidate).toBe(id + 1);
    return delay;
  });
  expect(delays).toEqual([250, 500, 1000, 2000, 2000].map((ms) => `set_timer retry ${ms}`));
  attachment.closed(7, 1006);
  attachment.online();
  expect(attachment.candidate).toBe(8);
});

it("counts the 15 s from the loss, also where the carrier had taken nothing before", () => {
  attachment.stalled();
  expect(taken()).toContain("set_timer give_up 15000");
  attachment.closed(1, 1006);
  expect(taken()).toContain("set_timer give_up 15000");
});

it("closes nothing but what is not open, and what was replaced", () => {
  attachment.stalled();
  attachment.timer("attempt");
  expect(taken()).toContain("close_socket 2 1000 ");
  attachment.opened(3);
  attachment.online();
  expect(attachment.candidate).toBe(3);
  attachment.ready();
  expect(taken()).toContain("close_socket 1 1000 replaced");
  expect(attachment.carrier).toBe(3);
});

it("leaves a carrier alone that the gateway calls alive, and one of which nothing bad is known", () => {
  attachment.stalled();
  expect(attachment.closed(2, 4409)).toBe("nothing");
  expect(taken()).toContain("clear_timer give_up");
  attachment.online();
  expect(attachment.timer("give_up")).toBe(false);
  expect(attachment.carrier).toBe(1);
});

it("is over when the gateway refuses the only socket, or closes the carrier in good order", () => {
  expect(attachment.closed(1, 1000)).toBe("over");
  attachment = new Attachment(() => {});
  attachment.begin();
  attachment.opened(1);
  attachment.ready();
  attachment.closed(1, 1006);
  expect(attachment.closed(2, 4404)).toBe("over");
});

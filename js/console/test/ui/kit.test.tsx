import { render } from "preact-render-to-string";
import { describe, expect, it } from "vitest";
import {
  Badge,
  Button,
  Fold,
  IconButton,
  Money,
  Notice,
  Select,
  Switch,
  Table,
  Tabs,
  TextField,
  Time,
} from "../../src/ui/index.js";
import { tabAfter } from "../../src/ui/tabs.js";

function attribute(html: string, name: string): string | undefined {
  return new RegExp(`${name}="([^"]*)"`).exec(html)?.[1];
}

describe("fields", () => {
  const field = render(<TextField label="Key" hint="A hint" error="Wrong" secret value="" onInput={() => undefined} />);

  it("tie label, hint and error to their control", () => {
    const id = attribute(field, "for");
    expect(id).toBeTruthy();
    expect(field).toContain(`<input id="${id}"`);
    expect(attribute(field, "aria-describedby")).toBe(`${id}-hint ${id}-error`);
    expect(field).toContain(`id="${id}-hint"`);
    expect(field).toContain(`id="${id}-error"`);
    expect(attribute(field, "aria-invalid")).toBe("true");
  });

  it("hide secrets and keep browsers from remembering them", () => {
    expect(attribute(field, "type")).toBe("password");
    expect(attribute(field, "autocomplete")).toBe("off");
  });

  it("name nothing that is not there", () => {
    const plain = render(<TextField label="Name" value="" onInput={() => undefined} />);
    expect(plain).not.toContain("aria-describedby");
    expect(plain).not.toContain("aria-invalid");
  });

  it("select the value", () => {
    const choices = [
      { value: "a", label: "A" },
      { value: "b", label: "B" },
    ];
    const html = render(<Select label="Pick" value="b" choices={choices} onChange={() => undefined} />);
    expect(html).toMatch(/<option value="b"[^>]*selected/);
    expect(html).not.toMatch(/value="a"[^>]*selected/);
  });

  it("say on and off to a screen reader", () => {
    const html = render(<Switch label="Echo" checked={false} onChange={() => undefined} />);
    expect(attribute(html, "role")).toBe("switch");
    expect(attribute(html, "aria-checked")).toBe("false");
  });
});

describe("buttons", () => {
  it("keep the focus while they are busy", () => {
    const html = render(<Button busy>Save</Button>);
    expect(attribute(html, "aria-busy")).toBe("true");
    expect(html).not.toMatch(/ disabled/);
  });

  it("have a name where there are no words", () => {
    expect(attribute(render(<IconButton icon="close" label="Close" />), "aria-label")).toBe("Close");
  });

  it("do not send forms unless they are told to", () => {
    expect(attribute(render(<Button>Go</Button>), "type")).toBe("button");
    expect(attribute(render(<Button type="submit">Go</Button>), "type")).toBe("submit");
  });
});

describe("tables", () => {
  const rows = [
    { id: "1", name: "beta", size: 2 },
    { id: "2", name: "alpha", size: 10 },
  ];
  const html = render(
    <Table
      label="Things"
      columns={[
        { key: "name", header: "Name", cell: (row) => row.name, sortValue: (row) => row.name },
        { key: "size", header: "Size", cell: (row) => row.size, align: "end" },
      ]}
      rows={rows}
      rowKey={(row) => row.id}
      order={{ key: "name", direction: "ascending" }}
    />,
  );

  it("say how they are ordered, and can be reached by keyboard", () => {
    expect(html.indexOf("alpha")).toBeLessThan(html.indexOf("beta"));
    expect(html).toContain('aria-sort="ascending"');
    expect(html.match(/aria-sort/g)).toHaveLength(1);
    expect(html).toMatch(/<section[^>]*tabindex="0"/i);
  });

  it("have a header for each row", () => {
    expect(html.match(/<th scope="row"/g)).toHaveLength(2);
  });
});

describe("tabs", () => {
  it("have one stop, and name their panel", () => {
    const html = render(
      <Tabs
        label="Servers"
        tabs={[
          { id: "a", label: "A" },
          { id: "b", label: "B" },
        ]}
        selected="b"
        onSelect={() => undefined}
      >
        Panel
      </Tabs>,
    );
    expect(html.match(/tabindex="0"/gi)).toHaveLength(1);
    expect(html).toMatch(/aria-selected="true"[^>]*>B/);
    const panel = /role="tabpanel" id="([^"]+)" aria-labelledby="([^"]+)"/.exec(html);
    expect(html).toContain(`aria-controls="${panel?.[1]}"`);
    expect(html).toContain(`id="${panel?.[2]}"`);
  });

  it("go round with the arrow keys", () => {
    expect([tabAfter("ArrowRight", 2, 3), tabAfter("ArrowLeft", 0, 3)]).toEqual([0, 2]);
    expect([tabAfter("Home", 1, 3), tabAfter("End", 1, 3), tabAfter("a", 1, 3)]).toEqual([0, 2, -1]);
  });
});

describe("words", () => {
  it("are read at once when they are errors", () => {
    expect(attribute(render(<Notice tone="error">No</Notice>), "role")).toBe("alert");
    expect(attribute(render(<Notice tone="warn">Hm</Notice>), "role")).toBe("status");
  });

  it("are escaped", () => {
    expect(render(<Badge>{"<script>"}</Badge>)).toContain("&lt;script>");
  });

  it("unfold by the browser's own means", () => {
    expect(render(<Fold summary="More">Less</Fold>)).toMatch(/^<details/);
  });
});

describe("times and money", () => {
  it("say never, and take what is no time for none", () => {
    expect(render(<Time at={null} never="Never" />)).toContain("Never");
    expect(render(<Time at="soon" />)).toContain("–");
  });

  it("show a row that is newer than the clock as new", () => {
    expect(render(<Time at={new Date().toISOString()} />)).toContain("just now");
  });

  it("show unknown costs as unknown", () => {
    expect(render(<Money microUsd={null} />)).toContain("–");
    expect(render(<Money microUsd="2500" />)).toContain("$0.0025");
  });
});

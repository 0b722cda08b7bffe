// What cannot be imported is shown by line with its reason, and nothing of it is
// written.
import { truncate, writeFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { boardIsOpen, card, chooseText, column, importCounts, importLines, openBoard } from "./app.mjs";

const line = (fields) => JSON.stringify(fields);
const needs = (id, ...blockers) => line({
  id, title: `Task ${id}`,
  dependencies: blockers.map((blocker) => ({ issue_id: id, depends_on_id: blocker, type: "blocks" })),
});
const task = (id) => line({ id, title: `Task ${id}` });
const below = (id, parent) => line({ id, title: `Task ${id}`, parent });
const numbered = (count, make) => Array.from({ length: count }, (_, at) => make(at + 1));

async function openImport(page) {
  await page.goto("/import");
  await boardIsOpen(page);
}

/** The line numbers of the listed problems with their reasons. */
async function problems(page) {
  const list = page.getByRole("list", { name: "Lines that cannot be imported" });
  const items = list.getByRole("listitem");
  await expect(items.first()).toBeVisible();
  const texts = await items.evaluateAll((all) => all.map((item) => item.innerText));
  return texts.map((text) => {
    const [head, why] = text.split("\n").map((part) => part.trim()).filter(Boolean);
    return { text, line: Number(text.match(/Line (\d+)/)[1]), head, why };
  });
}

async function nothingIsWritten(page) {
  const button = page.getByRole("button", { name: /^Import \d+ tasks?$/ });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await expect(button).toHaveAccessibleDescription(/cannot be imported/);
  // A press is possible and does nothing.
  await button.click({ force: true });
  await expect(page.getByRole("heading", { name: /^Check / })).toBeVisible();
  await page.reload();
  await boardIsOpen(page);
  await openBoard(page);
  await expect(page.getByRole("heading", { name: "Start with one line" })).toBeVisible();
}

const WHOLE_FILES = [
  ["a file that is no JSON", "# Notes\n\nBuy saplings\n", /notes\.md cannot be imported\. None of its lines is a JSON object\. The first one is not JSON/],
  ["a JSON document that is no list of lines", "[\n1,\n2\n]\n", /None of its lines is a JSON object/],
  ["an empty file", "", /The file is empty/],
  ["a file of blanks", "\n  \n\n", /The file is empty/],
];

for (const [name, text, message] of WHOLE_FILES) {
  test(`${name} has one message`, async ({ page }) => {
    await openImport(page);
    await chooseText(page, text, "notes.md");
    await expect(page.getByRole("alert")).toHaveText(message);
    await expect(page.getByRole("heading", { name: "Choose a file of tasks" })).toBeVisible();
    await expect(page.getByRole("list", { name: "What will happen" })).toHaveCount(0);
  });
}

test("a file above the size limit is turned down", async ({ page }, info) => {
  const path = info.outputPath("large.jsonl");
  await writeFile(path, "{}\n");
  await truncate(path, 50_000_001);
  await openImport(page);
  await page.getByLabel("Choose a file", { exact: true }).setInputFiles(path);
  await expect(page.getByRole("alert")).toContainText("The file has 51 MB; files up to 50 MB can be imported.");
});

const LINES = [
  {
    name: "a line that is no JSON",
    lines: [task("a"), '{"title" "B"}', task("c")],
    problems: [[2, /not JSON \(expected `:`, at character 10\)/i]],
  },
  {
    name: "a line that is no object",
    lines: [task("a"), "[1, 2]"],
    problems: [[2, /not a JSON object/i]],
  },
  {
    name: "a line without a title",
    lines: [task("a"), "", line({ id: "b", description: "No title" }), line({ id: "c", title: "  " })],
    problems: [[3, /title is missing/i], [4, /title is missing/i]],
  },
  {
    name: "an id that is used twice",
    lines: [task("a"), task("b"), task("a")],
    problems: [[3, /same id as line 1/i]],
  },
  {
    name: "a record of an unknown type",
    lines: [task("a"), line({ _type: "molecule", id: "m", title: "M" })],
    problems: [[2, /unknown record type "molecule"/i]],
  },
  {
    name: "a cycle",
    lines: [needs("a", "b"), needs("b", "c"), needs("c", "a"), task("d")],
    problems: [[1, /loop: a needs b, b needs c, c needs a/]],
  },
  {
    name: "metadata over the limit",
    lines: [task("a"), line({ id: "b", title: "B", log: "x".repeat(17_000), hook: "y".repeat(90) })],
    problems: [[2, /metadata has \d+ bytes, 16384 are allowed; largest: log \(17002\), hook \(92\)/]],
  },
  {
    name: "a task with 33 blockers",
    lines: [...numbered(33, (at) => task(`b${at}`)), needs("a", ...numbered(33, (at) => `b${at}`))],
    problems: [[34, /dependency count exceeds 32: 33/i]],
  },
  {
    name: "a ninth level of children",
    lines: [task("l1"), ...numbered(8, (at) => below(`l${at + 1}`, `l${at}`))],
    problems: [[9, /hierarchy depth exceeds 8: 9/i]],
  },
];

for (const bad of LINES) {
  test(`${bad.name} is shown by line, and nothing is written`, async ({ page }) => {
    await openImport(page);
    await chooseText(page, bad.lines.join("\n"));
    const found = await problems(page);
    expect(found.map(({ line }) => line)).toEqual(bad.problems.map(([line]) => line));
    for (const [at, [, why]] of bad.problems.entries()) expect(found[at].text).toMatch(why);
    const { numbers } = await importCounts(page);
    expect(numbers["cannot be imported"]).toBe(bad.problems.length);
    const count = bad.problems.length;
    await expect(page.getByRole("status")).toContainText(
      `${count} ${count === 1 ? "line" : "lines"} cannot be imported.`,
    );
    const refused = (await importLines(page)).filter((line) => line.outcome === "Cannot be imported");
    expect(refused.map(({ line }) => line)).toEqual(bad.problems.map(([line]) => line));
    await nothingIsWritten(page);
  });
}

test("an eighth level of children and 32 blockers come in", async ({ page }) => {
  const levels = [task("l1"), ...numbered(7, (at) => below(`l${at + 1}`, `l${at}`))];
  const blockers = [...numbered(32, (at) => task(`b${at}`)), needs("a", ...numbered(32, (at) => `b${at}`))];
  await openImport(page);
  await chooseText(page, [...levels, ...blockers].join("\n"));
  await page.getByRole("button", { name: "Import 41 tasks" }).click();
  await expect(page.getByRole("heading", { name: "41 tasks imported" })).toBeVisible();
});

test("a loop is opened by dropping one of its edges, other lines are left out", async ({ page }) => {
  await openImport(page);
  await chooseText(page, [needs("a", "b"), needs("b", "a"), "nonsense", needs("c", "a"), "{}"].join("\n"));
  await expect(page.getByRole("heading", { name: "3 lines cannot be imported" })).toBeVisible();

  await page.getByRole("button", { name: "Drop “b needs a”" }).click();
  await expect(page.getByRole("heading", { name: "2 lines cannot be imported" })).toBeVisible();
  await expect(page.getByRole("heading", { name: /^Check / })).toBeFocused();
  await page.getByRole("button", { name: "Leave out line 3" }).click();
  await expect(page.getByRole("heading", { name: "1 line cannot be imported" })).toBeVisible();
  await page.getByRole("button", { name: "Leave out this line" }).click();
  await expect(page.getByText("You left out 2 lines and 1 dependency.")).toBeVisible();
  const { numbers, details } = await importCounts(page);
  expect(numbers).toMatchObject({ tasks: 3, dependencies: 2, skipped: 2, "cannot be imported": 0 });
  expect(details.skipped).toBe("2 left out by you");

  await page.getByRole("button", { name: "Take that back" }).click();
  await expect(page.getByRole("heading", { name: "3 lines cannot be imported" })).toBeVisible();
  await page.getByRole("button", { name: "Drop “b needs a”" }).click();
  await page.getByRole("button", { name: "Leave out these 2 lines" }).click();
  await page.getByRole("button", { name: "Import 3 tasks" }).click();
  await page.getByRole("link", { name: "Show on the board" }).click();
  await expect(card(column(page, "Ready"), "b")).toBeVisible();
  await expect(card(column(page, "Blocked"), "a")).toHaveAccessibleName(/Waits for b Task b/);
  await expect(card(column(page, "Blocked"), "c")).toHaveAccessibleName(/Waits for a Task a/);
});

test("what is on the board already is skipped, and references to it hold", async ({ page }) => {
  await openImport(page);
  await chooseText(page, [task("a"), needs("b", "a")].join("\n"));
  await page.getByRole("button", { name: "Import 2 tasks" }).click();
  await page.getByRole("button", { name: "Import another file" }).click();
  await chooseText(page, [task("a"), needs("b", "a")].join("\n"));
  const { numbers, details } = await importCounts(page);
  expect(numbers).toMatchObject({ tasks: 0, skipped: 2 });
  expect(details.skipped).toBe("2 already on the board");
  const button = page.getByRole("button", { name: "Import 0 tasks" });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await expect(button).toHaveAccessibleDescription("there is nothing to import");

  await page.getByRole("button", { name: "Choose another file" }).click();
  await chooseText(page, needs("c", "a"));
  await page.getByRole("button", { name: "Import 1 task", exact: true }).click();
  await page.getByRole("link", { name: "Show on the board" }).click();
  await expect(card(column(page, "Blocked"), "c")).toHaveAccessibleName(/Waits for a Task a/);
});

test("an import is taken back as far as nobody built on it", async ({ page }) => {
  await openImport(page);
  await chooseText(page, [task("a"), needs("b", "a"), task("c")].join("\n"));
  await page.getByRole("button", { name: "Import 3 tasks" }).click();
  await page.getByRole("button", { name: "Remove the 3 imported tasks" }).click();
  const none = page.getByRole("button", { name: "Remove the 0 imported tasks" });
  await expect(none).toHaveAttribute("aria-disabled", "true");
  await expect(page.getByText("0 of 3 are still on the board.")).toBeVisible();

  await page.getByRole("button", { name: "Import another file" }).click();
  await chooseText(page, [task("a"), needs("b", "a"), task("c")].join("\n"));
  await page.getByRole("button", { name: "Import 3 tasks" }).click();
  await page.getByRole("link", { name: "Show on the board" }).click();
  const ready = card(column(page, "Ready"), "c");
  await ready.focus();
  await ready.press("v");
  await ready.press("ArrowRight");
  await ready.press("Enter");
  await expect(card(column(page, "Queued"), "c")).toBeVisible();
  const undo = page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" });
  await undo.last().click();
  await expect(page.getByRole("status")).toContainText("2 imported tasks removed, 1 stayed: they are in use");
  await expect(column(page, "Blocked")).toHaveAccessibleName("Blocked, 0 tasks");
  await expect(column(page, "Queued")).toHaveAccessibleName("Queued, 1 task");
});

test("lines can be pasted", async ({ page }) => {
  await openImport(page);
  const check = page.getByRole("button", { name: "Check the lines" });
  await expect(check).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("textbox", { name: "Or paste the lines" }).fill(task("a"));
  await check.click();
  await page.getByRole("button", { name: "Import 1 task", exact: true }).click();
  await expect(page.getByRole("heading", { name: "1 task imported" })).toBeVisible();
});

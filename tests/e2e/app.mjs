// The app as a person finds it: by role and name. Every test has a browser
// context of its own, and with it a board of its own.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { expect } from "@playwright/test";

export const COLUMNS = [
  "Draft", "Blocked", "Ready", "Queued", "In progress", "In review", "Failed", "Done", "Canceled",
];

/** Opens the board and waits until it is there. */
export async function openBoard(page) {
  await page.goto("/board");
  await boardIsOpen(page);
}

export async function boardIsOpen(page) {
  await expect(page.getByText("Kept here")).toBeAttached();
}

/** A column, whatever it holds. */
export function column(page, name) {
  return page.getByRole("region", { name: new RegExp(`^${name}, \\d+ tasks?$`) });
}

/** A card, found by the identifier of its task. */
export function card(where, identifier) {
  const escaped = identifier.replaceAll(".", "\\.");
  return where.getByRole("link", { name: new RegExp(`^${escaped} .*, priority `) });
}

/** The side panel of a task. */
export function panel(page, identifier) {
  return page.getByRole("complementary", { name: identifier, exact: true });
}

/** How many tasks each column has. */
export async function columnCounts(page) {
  const counts = {};
  for (const name of COLUMNS) {
    const label = await column(page, name).getAttribute("aria-label");
    counts[name] = Number(label.match(/, (\d+) /)[1]);
  }
  return counts;
}

/** Adds one task per line to a column. */
export async function quickAdd(page, name, ...lines) {
  await column(page, name).getByRole("button", { name: `Add a task to ${name}` }).click();
  const field = page.getByRole("textbox", { name: `New task in ${name}` });
  for (const line of lines) {
    await field.fill(line);
    await field.press("Enter");
    await expect(field).toHaveValue("");
  }
  await field.press("Escape");
}

/** Drops a file on the page, as from a folder of the desktop. */
export async function dropFile(page, path) {
  const text = await readFile(path, "utf8");
  const data = await page.evaluateHandle(
    ([text, name]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name));
      return data;
    },
    [text, basename(path)],
  );
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/** Gives the import page a text as a file. */
export async function chooseText(page, text, name = "tasks.jsonl") {
  const buffer = Buffer.from(text);
  const file = { name, mimeType: "application/jsonl", buffer };
  await page.getByLabel("Choose a file", { exact: true }).setInputFiles(file);
}

/** The numbers of the dry run by their words: `{tasks: 3, …}`, and their details. */
export async function importCounts(page) {
  const list = page.getByRole("list", { name: "What will happen" });
  await expect(list).toBeVisible();
  const texts = await list.getByRole("listitem").evaluateAll((items) =>
    items.map((item) => ["strong", "span", "small"].map((part) => item.querySelector(part).textContent)),
  );
  return {
    numbers: Object.fromEntries(texts.map(([number, word]) => [word, Number(number)])),
    details: Object.fromEntries(texts.map(([, word, detail]) => [word, detail])),
  };
}

/** Every line of the dry run's table, gathered while scrolling through it. */
export async function importLines(page) {
  const scroller = page.getByRole("region", { name: "Lines, scrollable" });
  const rows = await scroller.evaluate(async (node) => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const found = new Map();
    for (let top = 0; ; top += node.clientHeight * 0.9) {
      node.scrollTop = top;
      await painted();
      for (const row of node.querySelectorAll("[role=row]:has([role=cell])")) {
        const cells = [...row.querySelectorAll("[role=cell]")].map((cell) => cell.innerText.trim());
        found.set(Number(row.getAttribute("aria-rowindex")), cells);
      }
      if (node.scrollTop + node.clientHeight >= node.scrollHeight - 1) break;
    }
    node.scrollTop = 0;
    await painted();
    return [...found].sort(([a], [b]) => a - b).map(([, cells]) => cells);
  });
  return rows.map(([line, id, title, outcome, notes]) => ({
    line: Number(line), id, title, outcome, notes: notes.split("\n").filter(Boolean),
  }));
}

/** How often each value occurs. */
export function tally(values) {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Every card of every column in order, gathered while scrolling. */
export async function readBoard(page) {
  const board = {};
  for (const name of COLUMNS) {
    const where = column(page, name);
    const folded = where.getByRole("button", { name: `Show ${name}` });
    if (await folded.isVisible()) await folded.click();
    const older = where.getByRole("button", { name: /older than 14 days$/ });
    if (await older.isVisible()) await older.click();
    board[name] = await where.evaluate(async (section) => {
      const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      await painted();
      const node = [section, ...section.querySelectorAll("*")].find(
        (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowY),
      );
      const found = new Map();
      for (let top = 0; node; top += node.clientHeight * 0.9) {
        node.scrollTop = top;
        await painted();
        for (const item of section.querySelectorAll("li[aria-posinset]")) {
          found.set(Number(item.getAttribute("aria-posinset")), item.querySelector("a").innerText);
        }
        if (node.scrollTop + node.clientHeight >= node.scrollHeight - 1) break;
      }
      if (node) node.scrollTop = 0;
      return [...found].sort(([a], [b]) => a - b).map(([, text]) => text.replace(/\s+/g, " "));
    });
  }
  return board;
}

/** A short name for everything that a board shows. */
export function fingerprint(board) {
  return createHash("sha256").update(JSON.stringify(board)).digest("hex").slice(0, 16);
}

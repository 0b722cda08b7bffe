// How soon a person sees a board of 704 tasks, and what keeping one change costs.
// Prints one line of JSON per measure. The first argument is where the app is, the
// second where the npm package is.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { launch } from "../site.mjs";

const ADDRESS = process.argv[2];
const PACKAGE = process.argv[3];
const REAL = process.env.TASKLOOM_BEADS
  ?? fileURLToPath(new URL("../../../shared/data/beads.jsonl", import.meta.url));
const LINES = 704;
const IMPORTS = 3;
const RELOADS = 7;
const ROUNDS = 60;
const WARM_UP = 10;
/** The browser's clock is coarse: several operations are timed together. */
const BATCH = 5;

const isReal = existsSync(REAL);
const text = isReal ? await readFile(REAL, "utf8") : generated();
const suffix = isReal ? "" : "-generated";

const browser = await launch();
try {
  const imports = [];
  let page;
  for (let round = 0; round < IMPORTS; round++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    await page.addInitScript(watch);
    imports.push(await timeImport(page));
  }
  print(`import-${LINES}-lines${suffix}`, median(imports), "ms", { target: 2000 });

  const reloads = [];
  for (let round = 0; round < RELOADS; round++) {
    await page.reload();
    reloads.push(await page.evaluate((lines) => window.boardShows(lines), LINES));
  }
  print(`reload-${LINES}-tasks${suffix}`, median(reloads), "ms", { target: 500 });

  const { operations, puts } = await timeOperations();
  const baseline = median(puts);
  print("commit-one-operation", median(operations), "ms", { baseline, target: 1.5 * baseline });
} finally {
  await browser.close();
}

/** From the choice of the file to the cards, at the speed of the app alone. */
async function timeImport(page) {
  await page.goto(new URL("import", ADDRESS).href);
  await page.getByText("Kept here").waitFor({ state: "attached" });
  await page.getByLabel("Choose a file", { exact: true }).waitFor({ state: "attached" });
  return page.evaluate(
    async ([text, lines]) => {
      const started = performance.now();
      const data = new DataTransfer();
      data.items.add(new File([text], "tasks.jsonl"));
      const input = document.querySelector("input[type=file]");
      input.files = data.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      (await window.appears("button", `Import ${lines} tasks`)).click();
      (await window.appears("a", "Show on the board")).click();
      return (await window.boardShows(lines)) - started;
    },
    [text, LINES],
  );
}

/**
 * Operations of a board and puts of the same bytes, in turns. The board is that
 * of the npm package on an empty page: what is measured is deciding and keeping
 * one change, and not the painting of cards.
 */
async function timeOperations() {
  const page = await (await browser.newContext()).newPage();
  await page.goto(new URL("package.json", PACKAGE).href);
  return page.evaluate(
    async ([entry, rounds, warmUp, batch]) => {
      const { openBoard } = await import(entry);
      const board = await openBoard({ name: "bench" });
      const ada = board.as({ kind: "human", ref: "ada" });
      const create = (number) => ada.createTask({ scope: "global", title: `Measured ${number}` });
      let sample = null;
      const { add } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.add = function (value, ...rest) {
        sample = structuredClone(value);
        return add.call(this, value, ...rest);
      };
      await create(0);
      IDBObjectStore.prototype.add = add;

      const database = await new Promise((done, failed) => {
        const opening = indexedDB.open("bench-raw", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("values");
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => failed(opening.error);
      });
      const put = (key) => new Promise((done, failed) => {
        const transaction = database.transaction("values", "readwrite", { durability: "relaxed" });
        transaction.objectStore("values").put(sample, key);
        transaction.oncomplete = done;
        transaction.onerror = () => failed(transaction.error);
      });
      async function each(work) {
        const started = performance.now();
        for (let number = 0; number < batch; number++) await work(number);
        return (performance.now() - started) / batch;
      }
      const operations = [];
      const puts = [];
      for (let round = 0; round < warmUp + rounds; round++) {
        const operation = await each(create);
        const raw = await each((number) => put(round * batch + number));
        if (round >= warmUp) {
          operations.push(operation);
          puts.push(raw);
        }
      }
      database.close();
      return { operations, puts };
    },
    [new URL("index.js", PACKAGE).href, ROUNDS, WARM_UP, BATCH],
  );
}

/** What every page of the measurement can wait for. */
function watch() {
  window.painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  window.appears = async (selector, text) => {
    for (;;) {
      const found = [...document.querySelectorAll(selector)].find((one) => one.textContent.trim() === text);
      if (found) return found;
      await window.painted();
    }
  };
  /** When so many tasks are counted and the first of them painted. */
  window.boardShows = async (tasks) => {
    for (;;) {
      const columns = [...document.querySelectorAll("section[data-column]")];
      const counts = columns.map((column) => Number(/, (\d+) /.exec(column.getAttribute("aria-label"))?.[1]));
      const all = counts.reduce((sum, count) => sum + count, 0);
      if (all === tasks && document.querySelector("li[aria-posinset] a")) {
        await window.painted();
        return performance.now();
      }
      await window.painted();
    }
  };
}

function print(name, value, unit, more) {
  console.log(JSON.stringify({ name, value: round(value), unit, ...more, ...rounded(more) }));
}

function rounded({ baseline, target }) {
  return { ...(baseline && { baseline: round(baseline) }), ...(target && { target: round(target) }) };
}

function round(value) {
  return Math.round(value * 100) / 100;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A board of the same size: epics with chains of nine children, half of it done. */
function generated() {
  const lines = [];
  for (let at = 0; at < LINES; at++) {
    const epic = at - (at % 10);
    const edge = (target, type) => ({ issue_id: `gen-${at}`, depends_on_id: `gen-${target}`, type });
    const dependencies = at === epic ? [] : [edge(epic, "parent-child")];
    if (at > epic + 1) dependencies.push(edge(at - 1, "blocks"));
    const closed = epic % 20 === 0;
    lines.push(JSON.stringify({
      id: `gen-${at}`,
      title: `Generated task ${at}`,
      description: "Some words that stand for a description. ".repeat(15),
      status: closed ? "closed" : "open",
      priority: at % 5,
      issue_type: at === epic ? "epic" : "task",
      created_at: "2025-01-01T00:00:00Z",
      updated_at: "2025-01-02T00:00:00Z",
      ...(closed && { closed_at: "2025-01-02T00:00:00Z" }),
      dependencies,
    }));
  }
  return lines.join("\n");
}

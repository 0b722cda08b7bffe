// The package in Chromium without a bundler: module scripts, workers, tabs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, serveFolder } from "../site.mjs";
import { AGAIN, FIRST, program } from "./program.mjs";
import { install } from "./project.mjs";

const ENTRY = "/node_modules/taskloom/index.js";

let project;
let site;
let browser;

before(async () => {
  project = await install();
  project.write("index.html", "<!doctype html><title>Consumer</title>");
  project.write(
    "page.html",
    `<!doctype html><title>Consumer</title>
     <script type="module">${program({ from: ENTRY })} window.outcome = program();</script>`,
  );
  project.write(
    "inline.html",
    `<!doctype html><title>Consumer</title>
     <meta http-equiv="content-security-policy"
       content="connect-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'">
     <script type="module">
       ${program({ from: ENTRY.replace("index", "inline") })} window.outcome = program();
     </script>`,
  );
  const answering = (how) => `${program({ from: ENTRY })}
    addEventListener("message", ({ data, source }) => {
      program().then((outcome) => ${how}.postMessage(outcome));
    });`;
  project.write("worker.js", answering("self"));
  project.write("service-worker.js", answering("source"));
  site = await serveFolder(project.folder);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  site?.close();
  project?.remove();
});

/** A page in a profile of its own, for the time of a function. */
async function onPage(name, work) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(site.url + name);
    await work(page);
  } finally {
    await context.close();
  }
}

for (const [what, name] of [
  ["a plain module script", "page.html"],
  ["a page that may fetch nothing", "inline.html"],
]) {
  test(what, () =>
    onPage(name, async (page) => {
      assert.deepEqual(await page.evaluate("outcome"), FIRST);
      await page.reload();
      assert.deepEqual(await page.evaluate("outcome"), AGAIN);
    }));
}

test("a dedicated worker, and the one after it", () =>
  onPage("index.html", async (page) => {
    const outcome = () =>
      page.evaluate(async () => {
        const worker = new Worker("/worker.js", { type: "module" });
        const answer = await new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage("work");
        });
        worker.terminate();
        return answer;
      });
    assert.deepEqual(await outcome(), FIRST);
    assert.deepEqual(await outcome(), AGAIN);
  }));

test("a service worker, and the one after it", () =>
  onPage("index.html", async (page) => {
    const outcome = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.register("/service-worker.js", {
          type: "module",
        });
        const answer = new Promise((resolve) => {
          navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
        });
        navigator.serviceWorker.startMessages();
        (await navigator.serviceWorker.ready).active.postMessage("work");
        const outcome = await answer;
        await registration.unregister();
        return outcome;
      });
    assert.deepEqual(await outcome(), FIRST);
    await page.reload();
    assert.deepEqual(await outcome(), AGAIN);
  }));

test("a board is there again after a reload, and another tab sees changes", () =>
  onPage("index.html", async (page) => {
    const titles = async (page) =>
      page.evaluate(async () => {
        const { openBoard } = await import("/node_modules/taskloom/index.js");
        window.board ??= await openBoard({ name: "work" });
        const tasks = window.board.as({ kind: "human", ref: "ada" }).read.listTasks();
        return tasks.map((task) => `${task.title} ${task.status} ${task.origin.kind}`);
      });
    const work = (page, title) =>
      page.evaluate(async (title) => {
        const ada = window.board.as({ kind: "human", ref: "ada" });
        const task = await ada.createTask({ scope: "global", title });
        await ada.enqueueRun({ task_id: task.id });
        const worker = window.board.as({ kind: "agent_session", ref: "s" });
        const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "s" });
        await worker.completeRunLease({ run_id: run.id, claim_token });
      }, title);
    assert.deepEqual(await titles(page), []);
    await work(page, "Design");
    await page.reload();
    assert.deepEqual(await titles(page), ["Design completed web"]);

    const tab = await page.context().newPage();
    await tab.goto(page.url());
    assert.deepEqual(await titles(tab), ["Design completed web"]);
    await work(tab, "Build");
    await page.waitForFunction(
      () => window.board.as({ kind: "human", ref: "ada" }).read.listTasks().length === 2,
    );
  }));

test("a browser tells how much it keeps, of how much", () =>
  onPage("index.html", async (page) => {
    const measured = await page.evaluate(async () => {
      const { openBoard } = await import("/node_modules/taskloom/index.js");
      const used = [];
      for (const storage of ["indexeddb", "localstorage", "memory"]) {
        const board = await openBoard({ name: "measured", storage });
        await board.as({ kind: "human", ref: "ada" }).createTask({ scope: "global", title: "x" });
        used.push(await board.storageUsage());
        await board.close();
      }
      return used;
    });
    const [database, local, memory] = measured;
    assert.ok(database.usage > 0 && database.usage < database.quota, JSON.stringify(database));
    assert.equal(typeof database.persistent, "boolean");
    // The characters of a board with one entry, of the 4 Mi that there may be.
    assert.ok(local.usage > 500 && local.usage < 10_000, JSON.stringify(local));
    assert.equal(local.quota, 2 * 4 * 2 ** 20);
    assert.equal(memory, undefined);
  }));

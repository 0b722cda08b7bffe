// Many tabs, and many workers, write to one board at once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, serve } from "./site.mjs";

const WRITERS = 4;
const OPERATIONS = 500;
/** So many of them at one moment, and then a few at a time, so that writers meet again and again. */
const AT_ONCE = 250;
const AT_A_TIME = 5;
/** Runs that wait in the queue, for all writers to claim. */
const QUEUED = 400;

const SIZES = { operations: OPERATIONS, atOnce: AT_ONCE, atATime: AT_A_TIME };

let site;
let browser;

before(async () => {
  site = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  site?.close();
});

/** Opens the board and fills the queue. Runs in a page. */
async function prepare([url, name, queued]) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name });
  const ada = board.as({ kind: "human", ref: "ada" });
  const all = Array.from({ length: queued }, (_, number) => number);
  await Promise.all(all.map(async (number) => {
    const task = await ada.createTask({ scope: "global", title: `queued ${number}` });
    await ada.enqueueRun({ task_id: task.id });
  }));
  await board.close();
}

/**
 * All operations of one writer; what was acknowledged, and the board as this writer
 * sees it when the others have come to rest. Runs in a page or worker.
 */
async function write({ url, name, writer, operations, atOnce, atATime }) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name });
  const ada = board.as({ kind: "human", ref: "ada" });
  const operate = async (number) => {
    if (number % 4 !== 0) {
      const title = `${writer} ${number}`;
      await ada.createTask({ scope: "global", title });
      // What is older is pruned while others may be behind.
      if (number % 100 === 99) await board.snapshot();
      return { title };
    }
    const session = `session-${writer}-${number}`;
    const worker = board.as({ kind: "agent_session", ref: session });
    try {
      const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: session });
      return { run: run.id, claim_token };
    } catch (error) {
      return { refused: error.code };
    }
  };
  const all = Array.from({ length: operations }, (_, number) => number);
  const done = await Promise.all(all.splice(0, atOnce).map(operate));
  while (all.length > 0) {
    done.push(...(await Promise.all(all.splice(0, atATime).map(operate))));
  }
  return {
    titles: done.flatMap(({ title }) => title ?? []),
    claims: done.flatMap(({ run, claim_token }) => (run ? [[run, claim_token]] : [])),
    refused: done.flatMap(({ refused }) => refused ?? []),
    export: async (version) => {
      while (board.version < version) await new Promise((wait) => setTimeout(wait, 10));
      return { version: board.version, bundle: JSON.stringify(await board.export()) };
    },
  };
}

function check(answers, exports, { head, floor }) {
  const bundles = exports.map(({ bundle }) => bundle);
  assert.ok(bundles.every((bundle) => bundle === bundles[0]), "all writers end with the same board");
  const { tasks, events, runs } = JSON.parse(bundles[0]);

  const count = new Map();
  for (const { title } of tasks) count.set(title, (count.get(title) ?? 0) + 1);
  const acknowledged = answers.flatMap(({ titles }) => titles);
  assert.equal(acknowledged.length, WRITERS * OPERATIONS * 3 / 4);
  assert.ok(acknowledged.every((title) => count.get(title) === 1), "each acknowledged task is there once");
  assert.equal(tasks.length, acknowledged.length + QUEUED);
  const created = events.filter(({ event }) => event.event_type === "task.created");
  assert.equal(created.length, tasks.length, "and once in the audit log");

  const sequences = events.map(({ sequence }) => sequence);
  assert.ok(sequences.every((sequence, at) => at === 0 || sequence > sequences[at - 1]));
  assert.ok(head > WRITERS * (OPERATIONS - AT_ONCE) / AT_A_TIME, `${head} commits`);
  assert.ok(floor > 1, "snapshots were kept and entries pruned on the way");

  const claims = answers.flatMap(({ claims }) => claims);
  assert.equal(new Set(claims.map(([run]) => run)).size, claims.length, "no run is claimed twice");
  assert.equal(new Set(claims.map(([, token]) => token)).size, claims.length);
  assert.equal(claims.length, QUEUED, "every queued run found its claimer");
  const refused = answers.flatMap(({ refused }) => refused);
  assert.equal(refused.length, WRITERS * OPERATIONS / 4 - QUEUED);
  assert.ok(refused.every((code) => code === "no_claimable_run"), String(new Set(refused)));
  const claimed = runs.filter(({ status }) => status === "claimed").map(({ id }) => id);
  assert.deepEqual(new Set(claimed), new Set(claims.map(([run]) => run)));
  for (const [, token] of claims) assert.ok(!bundles[0].includes(token), "no token is exported");
}

test(`${WRITERS} tabs with ${OPERATIONS} operations each lose and double nothing`, async () => {
  const context = await browser.newContext();
  const tabs = await Promise.all(Array.from({ length: WRITERS }, async () => {
    const page = await context.newPage();
    await page.goto(site.url);
    return page;
  }));
  const name = "tabs";
  await tabs[0].evaluate(prepare, [site.url, name, QUEUED]);
  const answers = await Promise.all(tabs.map((tab, writer) => tab.evaluate(
    async ([source, wishes]) => {
      window.answer = await (0, eval)(`(${source})`)(wishes);
      return { ...window.answer, version: undefined };
    },
    [write.toString(), { url: site.url, name, writer, ...SIZES }],
  )));
  const log = await extent(tabs[0], name);
  const exports = await Promise.all(
    tabs.map((tab) => tab.evaluate((head) => window.answer.export(head), log.head)),
  );
  check(answers, exports, log);
  await context.close();
});

test(`${WRITERS} workers with ${OPERATIONS} operations each lose and double nothing`, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.url);
  const name = "workers";
  await page.evaluate(prepare, [site.url, name, QUEUED]);
  const answers = await page.evaluate(
    async ([source, wishes, writers]) => {
      const script = `let answer;
        onmessage = async ({ data }) => {
          if (data.wishes) {
            answer = await (${source})(data.wishes);
            postMessage({ titles: answer.titles, claims: answer.claims, refused: answer.refused });
          } else {
            postMessage(await answer.export(data.head));
          }
        };`;
      const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
      window.ask = (worker, question) => new Promise((done, failed) => {
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = ({ message }) => failed(new Error(message));
        worker.postMessage(question);
      });
      window.workers = Array.from({ length: writers }, () => new Worker(address, { type: "module" }));
      return Promise.all(workers.map((worker, writer) => ask(worker, { wishes: { ...wishes, writer } })));
    },
    [write.toString(), { url: site.url, name, ...SIZES }, WRITERS],
  );
  const log = await extent(page, name);
  const exports = await page.evaluate(
    (head) => Promise.all(workers.map((worker) => ask(worker, { head }))),
    log.head,
  );
  check(answers, exports, log);
  await context.close();
});

/** The versions of the newest entry in the browser's database, and of the oldest one that was not pruned. */
function extent(page, name) {
  return page.evaluate(async (name) => {
    const answer = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    const database = await answer(indexedDB.open(`taskloom/${name}`));
    const log = database.transaction("log").objectStore("log");
    const requests = [log.openKeyCursor(null, "prev"), log.get(0)];
    const [cursor, floor] = await Promise.all(requests.map(answer));
    database.close();
    return { head: cursor.key, floor };
  }, name);
}

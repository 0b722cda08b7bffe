// The browser is killed in the middle of writing, again and again: whatever was
// acknowledged is there when it is started again. Chromium cannot always read what it
// wrote itself before it was killed, and then erases the database: see lost.test.mjs.
// That is counted, and the board has to say so.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { killAfter, profile, serve } from "./site.mjs";

/** How often; TASKLOOM_CRASHES asks for another number. */
const CRASHES = Number(process.env.TASKLOOM_CRASHES ?? 10);
const SEED = 20260101;
/** The longest time from the first acknowledged operation to the kill. */
const LONGEST = 400;

/** What a board answers whose database the browser erased. */
const ERASED = "corrupt: the board's database is damaged: the browser could not read it";

const reported = [];
let heard = () => {};
let site;
let kept;

before(async () => {
  site = await serve((title) => {
    reported.push(title);
    heard();
  });
  kept = profile();
});

after(() => {
  site?.close();
  kept?.remove();
});

/**
 * Writes without end, in ones and in bursts, and reports each acknowledgement.
 * Snapshots are kept, and what is older is pruned, all the while. Answers why the
 * board cannot be written to, if so.
 */
async function writeOn([url, name, round]) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name });
  const ada = board.as({ kind: "human", ref: "ada" });
  const create = async (title) => {
    await ada.createTask({ scope: "global", title });
    navigator.sendBeacon("/report", title);
  };
  try {
    await create(`${round} first`);
  } catch ({ code, message }) {
    return `${code}: ${message}`;
  }
  (async () => {
    for (let number = 0; ; number++) {
      const burst = number % 5 === 4 ? 20 : 1;
      const each = Array.from({ length: burst }, (_, at) => `${round} ${number} ${at}`);
      if (number % 3 === 2) board.snapshot();
      await Promise.all(each.map(create));
    }
  })();
}

/**
 * The board as it is found, and how far the browser's database was pruned. Of an empty
 * board, why it cannot be written to.
 */
async function readAll([url, name]) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name });
  const answer = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const database = await answer(indexedDB.open(`taskloom/${name}`));
  const floor = await answer(database.transaction("log").objectStore("log").get(0));
  database.close();
  const found = await board.export();
  let refusal;
  if (found.tasks.length === 0) {
    const ada = board.as({ kind: "human", ref: "ada" });
    const probe = ada.createTask({ scope: "global", title: "probe" });
    refusal = await probe.then(() => "it is empty", ({ code, message }) => `${code}: ${message}`);
  }
  return { ...found, version: board.version, floor, refusal };
}

test(`after each of ${CRASHES} crashes every acknowledged operation is there`, async () => {
  const random = randomNumbers(SEED);
  let acknowledged = 0;
  let unheard = 0;
  let pruned = 0;
  let erased = 0;
  /** The first round on the present board. */
  let begun = 0;
  const visit = (work, ...wishes) =>
    killAfter(kept.folder, async (page) => {
      await page.goto(site.url);
      return work(page, [site.url, `crash ${erased}`, ...wishes]);
    });
  /** Whether this is no board any more, and says so; then the next round begins a new one. */
  const isErased = (refusal, round) => {
    if (!refusal?.startsWith(ERASED)) return false;
    erased += 1;
    begun = round + 1;
    return true;
  };
  for (let round = 0; round < CRASHES; round++) {
    const first = new Promise((done) => (heard = done));
    const before = reported.length;
    const refused = await visit(async (page, wishes) => {
      const refusal = await page.evaluate(writeOn, wishes);
      if (refusal) return refusal;
      await first;
      await new Promise((wait) => setTimeout(wait, random() * LONGEST));
    }, round);
    acknowledged += reported.length - before;
    if (isErased(refused, round)) continue;
    assert.equal(refused, undefined);

    const { tasks, events, refusal, version, floor } = await visit((page, wishes) => page.evaluate(readAll, wishes));
    if (isErased(refusal, round)) continue;
    const titles = new Set(tasks.map(({ title }) => title));
    assert.equal(titles.size, tasks.length, "nothing is there twice");
    const expected = reported.filter((title) => parseInt(title) >= begun);
    const lost = expected.filter((title) => !titles.has(title));
    const found = `there are ${tasks.length} tasks at version ${version}`;
    assert.deepEqual(lost, [], `acknowledged before crash ${round}, and lost; ${found}`);
    const created = events.filter(({ event }) => event.event_type === "task.created");
    assert.equal(created.length, tasks.length, "no task without its event, no event without its task");
    const sequences = events.map(({ sequence }) => sequence);
    assert.ok(sequences.every((sequence, at) => at === 0 || sequence > sequences[at - 1]));
    unheard = tasks.length - expected.length;
    pruned = Math.max(pruned, floor ?? 0);
  }
  console.log(
    `${CRASHES} crashes: ${acknowledged} acknowledged operations, 0 lost by the board, entries pruned up to version ${pruned}; ${unheard} more were kept whose answer nobody heard; ${erased} times Chromium erased the database, and the board said so`,
  );
  assert.ok(pruned > 1, "snapshots were kept and entries pruned on the way");
  assert.ok(erased <= 1 + CRASHES / 20, "Chromium erases a database now and then only");
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

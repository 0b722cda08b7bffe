// What keeping a board costs, in Chromium: each measure beside the same bytes
// written or read without a board. Prints one line of JSON per measure. The
// argument is where the page's module is.
import { launch } from "../site.mjs";

const MODULE = new URL("taskloom_bench_storage.js", process.argv[2]).href;
const ROUNDS = 60;
const WARM_UP = 10;
/** The browser's clock is coarse: several operations are timed together. */
const BATCH = 10;
const BURST = 1000;
const BURSTS = 5;
const OPENINGS = 7;
const SNAPSHOTS = 5;
/** Entries after the snapshot, when the large board is opened. */
const ENTRIES = 100;
const NEWS = 200;

const browser = await launch();
try {
  const context = await browser.newContext();
  await measureOperations(context);
  await measureNews(context);
  await fill(context);
  await measureOpening(context);
  await measureSnapshots(context);
} finally {
  await browser.close();
}

/** A page on which `window.storage` is the module and `window.raw` a database. */
async function open(context) {
  const page = await context.newPage();
  await page.goto(new URL("index.html", MODULE).href);
  await page.evaluate(prepare, MODULE);
  return page;
}

async function prepare(module) {
  const storage = await import(module);
  await storage.default();
  window.storage = storage;
  window.median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  window.ended = (transaction) => new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = () => failed(transaction.error);
  });
  window.answer = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** Operations one after the other, and many at once, against puts of the same bytes. */
async function measureOperations(context) {
  const page = await open(context);
  const { single, puts, burst } = await page.evaluate(
    async ([rounds, warmUp, batch, bursts, size]) => {
      const board = await storage.Opened.open("operations");
      let sample = null;
      const { add } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.add = function (value, ...rest) {
        sample = structuredClone(value);
        return add.call(this, value, ...rest);
      };
      await board.create();
      IDBObjectStore.prototype.add = add;
      const opening = indexedDB.open("raw", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("values");
      const database = await answer(opening);
      let key = 0;
      const put = () => {
        const transaction = database.transaction("values", "readwrite", { durability: "relaxed" });
        transaction.objectStore("values").put(sample, key++);
        return ended(transaction);
      };
      const each = async (count, work) => {
        const started = performance.now();
        for (let number = 0; number < count; number++) await work();
        return (performance.now() - started) / count;
      };
      const single = [];
      const puts = [];
      for (let round = 0; round < warmUp + rounds; round++) {
        const operation = await each(batch, () => board.create());
        const raw = await each(batch, put);
        if (round >= warmUp) {
          single.push(operation);
          puts.push(raw);
        }
      }
      const burst = [];
      for (let round = 0; round < bursts; round++) {
        burst.push((await each(1, () => board.burst(size))) / size);
      }
      return { single: median(single), puts: median(puts), burst: median(burst) };
    },
    [ROUNDS, WARM_UP, BATCH, BURSTS, BURST],
  );
  print("one-operation", single, "ms", { baseline: puts, target: puts / 0.9 });
  print(`operation-of-${BURST}-at-once`, burst, "ms", { baseline: puts, target: puts / 15 });
  await page.close();
}

/** From the answer of an operation to another tab's having applied it. */
async function measureNews(context) {
  const [writer, reader] = [await open(context), await open(context)];
  await reader.evaluate(async () => {
    // The page holds the board, or it is collected.
    window.board = await storage.Opened.open("news");
    window.heard = new Map();
    board.watch_others((version) => heard.set(version, performance.timeOrigin + performance.now()));
  });
  const said = await writer.evaluate(async (count) => {
    const board = await storage.Opened.open("news");
    const said = [];
    for (let number = 0; number < count; number++) {
      await board.create();
      said.push([board.version(), performance.timeOrigin + performance.now()]);
      await new Promise((done) => setTimeout(done, 20));
    }
    return said;
  }, NEWS);
  const delays = await reader.evaluate(async (said) => {
    while (!heard.has(said.at(-1)[0])) await new Promise((done) => setTimeout(done, 5));
    return said.map(([version, at]) => heard.get(version) - at);
  }, said);
  delays.sort((a, b) => a - b);
  print("another-tab-p95", delays[Math.floor(delays.length * 0.95)], "ms", { target: 50 });
  await writer.close();
  await reader.close();
}

/** The large board: a snapshot, and some entries after it. */
async function fill(context) {
  const page = await open(context);
  await page.evaluate(async (entries) => {
    const board = await storage.Opened.open("large");
    await board.fill();
    // Two snapshots later, the entry that all this came in is pruned.
    for (let number = 0; number < 2; number++) {
      await board.create();
      await board.snapshot();
    }
    for (let number = 0; number < entries; number++) await board.create();
    await board.close();
  }, ENTRIES);
  await page.close();
}

async function measureOpening(context) {
  const opened = [];
  const raw = [];
  let memory;
  let bytes;
  for (let round = 0; round < OPENINGS; round++) {
    const page = await open(context);
    const figures = await page.evaluate(async () => {
      const database = await answer(indexedDB.open("taskloom/large"));
      let started = performance.now();
      const transaction = database.transaction(["log", "snapshots", "pieces"], "readonly");
      const [log, snapshots, pieces] =
        ["log", "snapshots", "pieces"].map((name) => transaction.objectStore(name));
      const version = (await answer(snapshots.openKeyCursor(null, "prev"))).key;
      const values = (await Promise.all([
        answer(pieces.getAll(IDBKeyRange.lowerBound([version]))),
        answer(log.getAll(IDBKeyRange.lowerBound(version, true))),
      ])).flat();
      const raw = performance.now() - started;
      const bytes = values.reduce((sum, value) => sum + value.byteLength, 0);
      database.close();
      return { raw, bytes };
    });
    raw.push(figures.raw);
    bytes = figures.bytes;
    await page.close();

    const fresh = await open(context);
    opened.push(await fresh.evaluate(async () => {
      const started = performance.now();
      window.board = await storage.Opened.open("large");
      return performance.now() - started;
    }));
    memory = await fresh.evaluate(() => storage.memory_bytes()) + await heap(fresh);
    await fresh.close();
  }
  const baseline = median(raw);
  print("open-p10k", median(opened), "ms", { baseline, target: Math.min(500, 4 * baseline) });
  print("open-p10k-stored", bytes / 1e6, "MB");
  print("open-p10k-memory", memory / 1e6, "MB", { target: 150 });
}

/** What the page's scripts hold, after collection. */
async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

/** The longest time that the page could do nothing else while a snapshot was kept. */
async function measureSnapshots(context) {
  const page = await open(context);
  const { gaps, idle } = await page.evaluate(async (snapshots) => {
    const board = await storage.Opened.open("large");
    const { port1, port2 } = new MessageChannel();
    let last = performance.now();
    let longest = 0;
    port1.onmessage = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      port2.postMessage(0);
    };
    port2.postMessage(0);
    const rest = (time) => new Promise((done) => setTimeout(done, time));
    const longestDuring = async (work) => {
      await rest(50);
      longest = 0;
      await work();
      return longest;
    };
    const idle = await longestDuring(() => rest(1000));
    const gaps = [];
    for (let round = 0; round < snapshots; round++) {
      await board.create();
      gaps.push(await longestDuring(() => board.snapshot()));
    }
    return { gaps, idle };
  }, SNAPSHOTS);
  print("snapshot-p10k-longest-block", median(gaps), "ms", { baseline: idle, target: 16 });
  await page.close();
}

function print(name, value, unit, more = {}) {
  const rounded = Object.entries(more).map(([key, number]) => [key, round(number)]);
  console.log(JSON.stringify({ name, value: round(value), unit, ...Object.fromEntries(rounded) }));
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

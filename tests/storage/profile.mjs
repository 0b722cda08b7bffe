// The tabs and workers of one person, and the boards that are open in them.

import assert from "node:assert/strict";

const BOARD = "faults";

/** What an operation answers once the site's data was cleared. */
export const CLEARED = {
  code: "closed",
  message:
    "the board is closed: the browser took its storage away, as when a site's data is cleared; export the board before you reload this page",
};

// What runs in a page or a worker.

/** Opens the board, answers how that went, and leaves what works on it. */
async function open([url, name, storage]) {
  const { openBoard } = await import(`${url}index.js`);
  const told = ({ code, message }) => ({ code, message });
  try {
    globalThis.board = await openBoard({ name, storage });
  } catch (error) {
    return told(error);
  }
  globalThis.ada = board.as({ kind: "human", ref: "ada" });
  globalThis.create = (title) => ada.createTask({ scope: "global", title }).then(() => ({}), told);
  globalThis.snapshot = () => board.snapshot().then(() => ({}), told);
  return {};
}

/** The titles of all tasks, of which a read and an export tell the same. */
async function titles() {
  const exported = (await board.export()).tasks.map(({ title }) => title).sort();
  const read = ada.read.listTasks().map(({ title }) => title).sort();
  if (JSON.stringify(read) !== JSON.stringify(exported)) {
    throw new Error(`${read} is read and ${exported} exported`);
  }
  return read;
}

/** Opens a board's database past its back, in this layout, and keeps it open. */
async function openRaw([name, layout]) {
  const request = indexedDB.open(`taskloom/${name}`, layout);
  request.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion === 0) {
      request.result.createObjectStore("log");
      request.result.createObjectStore("snapshots");
    }
  };
  await new Promise((done, failed) => {
    request.onsuccess = done;
    request.onerror = () => failed(request.error);
  });
  globalThis.raw = request.result;
}

/**
 * A browser profile, thrown away with its context. A window and a worker evaluate
 * alike: `at` is either.
 */
export class Profile {
  #context;
  #session;
  #site;
  #storage;
  #place;

  /**
   * A test with a profile of its own. `setting` answers the browser, the site, the
   * place of PLACES that boards live in, and the storage that they are kept in.
   */
  static async lend({ browser, site, place = async (page) => page, storage }, work) {
    const profile = new Profile();
    profile.#context = await browser.newContext();
    profile.#site = site;
    profile.#storage = storage;
    profile.#place = place;
    try {
      profile.page = await profile.visit();
      profile.at = await place(profile.page);
      await work(profile);
    } finally {
      await profile.#context.close();
    }
  }

  /** Another tab, at the site. */
  async visit() {
    const page = await this.#context.newPage();
    await page.goto(this.#site.url);
    return page;
  }

  /** Another tab, or a worker in one. */
  async another() {
    return this.#place(await this.visit());
  }

  /** Opens the board, and answers how that went. */
  open(at) {
    return at.evaluate(open, [this.#site.url, BOARD, this.#storage]);
  }

  /** Opens the board's database past its back. */
  openRaw(at, layout) {
    return at.evaluate(openRaw, [BOARD, layout]);
  }

  /** Creates a task, and answers how that went. */
  create(at, title) {
    return at.evaluate((title) => create(title), title);
  }

  /** Keeps a snapshot, and answers how that went. */
  snapshot(at) {
    return at.evaluate(() => snapshot());
  }

  /** The titles of all tasks on a board that is open. */
  titles(at) {
    return at.evaluate(titles);
  }

  /** The titles that a tab finds which opens the board now. */
  async found() {
    const page = await this.visit();
    assert.deepEqual(await this.open(page), {});
    const found = await this.titles(page);
    await page.close();
    return found;
  }

  /** What only the browser's own tools can do to a site's storage. */
  async devtools(command, parameters = {}) {
    // What is overridden is so until its session ends.
    this.#session ??= await this.#context.newCDPSession(this.page);
    const { origin } = new URL(this.#site.url);
    await this.#session.send(`Storage.${command}`, { origin, ...parameters });
  }

  /** Ends the process of a tab, as when it runs out of memory. */
  async crash(page) {
    const session = await this.#context.newCDPSession(page);
    const crashed = page.waitForEvent("crash");
    // The page is not there any more to answer.
    session.send("Page.crash").catch(() => {});
    await crashed;
  }
}

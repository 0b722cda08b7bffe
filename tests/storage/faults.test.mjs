// The browser aborts, is slow, loses answers, has no space, wants its database
// back: what was answered is kept, what was refused is not, a person is told why,
// and the board can be read all the while.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ofNewerFormat } from "./format.mjs";
import { CLEARED, Profile } from "./profile.mjs";
import { PLACES, launch, serve } from "./site.mjs";

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

// What runs in a page or a worker.

/** Has the next commit of this place go wrong in the way of a name; then `spoil` is gone. */
function spoil(how) {
  globalThis.spoil = how;
  const { commit } = IDBTransaction.prototype;
  const { add } = IDBObjectStore.prototype;
  if (how === "refused") {
    IDBObjectStore.prototype.add = () => {
      IDBObjectStore.prototype.add = add;
      delete globalThis.spoil;
      throw new DOMException("Internal error.", "UnknownError");
    };
    return;
  }
  const ways = {
    aborted: (transaction) => transaction.abort(),
    "without an answer": (transaction) => {
      const { onabort } = transaction;
      transaction.oncomplete = () => onabort(new Event("abort"));
      commit.call(transaction);
    },
    "answered twice": (transaction) => {
      transaction.addEventListener("complete", transaction.oncomplete);
      commit.call(transaction);
    },
  };
  IDBTransaction.prototype.commit = function () {
    IDBTransaction.prototype.commit = commit;
    delete globalThis.spoil;
    ways[how](this);
  };
}

/** Keeps everybody else from writing to the log, until `raw.release()`. */
function hold() {
  const log = raw.transaction("log", "readwrite").objectStore("log");
  let held = true;
  raw.release = () => (held = false);
  return new Promise((begun) => {
    const goOn = () => {
      begun();
      if (held) log.count().onsuccess = goOn;
    };
    log.count().onsuccess = goOn;
  });
}

/** The keys of the log. */
function keys() {
  const request = raw.transaction("log").objectStore("log").getAllKeys();
  return new Promise((done) => (request.onsuccess = () => done(request.result)));
}

/** The bytes of an entry of the log. */
function entry(version) {
  const request = raw.transaction("log").objectStore("log").get(version);
  return new Promise((done) => (request.onsuccess = () => done([...request.result])));
}

/** Puts an entry into the log past all boards. */
function putEntry([version, bytes]) {
  const transaction = raw.transaction("log", "readwrite");
  transaction.objectStore("log").add(new Uint8Array(bytes), version);
  return new Promise((done) => (transaction.oncomplete = () => done()));
}

for (const [name, place] of Object.entries(PLACES)) {
  describe(`in ${name}`, () => {
    /** A test with a profile of its own. */
    const scenario = (title, work) =>
      test(title, () => Profile.lend({ browser, site, place }, work));

    for (const [how, message] of [
      ["aborted", "the storage failed: the browser aborted the transaction"],
      ["refused", "the storage failed: UnknownError: Internal error."],
    ]) {
      scenario(`a commit that is ${how} is taken back, and the next one is kept`, async (profile) => {
        const { at } = profile;
        assert.deepEqual(await profile.open(at), {});
        assert.deepEqual(await profile.create(at, "before"), {});
        await at.evaluate(spoil, how);
        assert.deepEqual(await profile.create(at, "lost"), { code: "failed", message });
        assert.deepEqual(await profile.titles(at), ["before"]);
        assert.deepEqual(await profile.create(at, "next"), {});
        assert.deepEqual(await profile.titles(at), ["before", "next"]);
        assert.deepEqual(await profile.found(), ["before", "next"]);
      });
    }

    for (const how of ["without an answer", "answered twice"]) {
      scenario(`a commit ${how} is kept once`, async (profile) => {
        const { at } = profile;
        assert.deepEqual(await profile.open(at), {});
        await at.evaluate(spoil, how);
        assert.deepEqual(await profile.create(at, "once"), {});
        assert.equal(await at.evaluate(() => globalThis.spoil), undefined, "it went that way");
        assert.deepEqual(await profile.create(at, "next"), {});
        assert.deepEqual(await profile.titles(at), ["next", "once"]);
        assert.deepEqual(await profile.found(), ["next", "once"]);
      });
    }

    scenario("a slow commit holds up no read, and who waits shares the next", async (profile) => {
      const { at } = profile;
      assert.deepEqual(await profile.open(at), {});
      const other = await profile.another();
      await profile.openRaw(other);
      await other.evaluate(hold);
      await at.evaluate(() => {
        globalThis.answers = [];
        globalThis.wish = async (title) => answers.push(await create(title));
        globalThis.first = wish("a");
      });
      await at.evaluate(() => {
        globalThis.others = ["b", "c", "d"].map(wish);
      });
      const seen = () => [ada.read.listTasks().length, board.version, answers.length];
      assert.deepEqual(await at.evaluate(seen), [4, 0, 0], "read, kept, answered");
      await other.evaluate(() => raw.release());
      assert.deepEqual(await at.evaluate(() => Promise.all([first, ...others]).then(() => answers)), [{}, {}, {}, {}]);
      assert.deepEqual(await other.evaluate(keys), [1, 2], "one was on its way, three shared the next");
      assert.deepEqual(await profile.found(), ["a", "b", "c", "d"]);
    });

    scenario("an older tab makes way for a newer one, and says so", async (profile) => {
      const { at } = profile;
      assert.deepEqual(await profile.open(at), {});
      assert.deepEqual(await profile.create(at, "kept"), {});
      const newer = await profile.another();
      await profile.openRaw(newer, 900);
      const message =
        "the board is closed: another tab updates or erases it; reload this page to go on";
      assert.deepEqual(await profile.create(at, "late"), { code: "closed", message });
      assert.deepEqual(await profile.titles(at), ["kept"]);
      assert.deepEqual(await newer.evaluate(keys), [1]);
      const refused = await profile.open(await profile.another());
      assert.equal(refused.code, "newer_format");
      assert.match(refused.message, /was written by a newer version of Taskloom; reload this page/);
    });

    scenario("an entry of a newer version lets every tab only read, and each says so", async (profile) => {
      const { at } = profile;
      assert.deepEqual(await profile.open(at), {});
      assert.deepEqual(await profile.create(at, "kept"), {});
      const newer = await profile.another();
      await profile.openRaw(newer);
      await newer.evaluate(putEntry, [2, ofNewerFormat(await newer.evaluate(entry, 1), 2)]);
      const late = await profile.another();
      assert.deepEqual(await profile.open(late), {});
      const message =
        "log entry 2 was written by a newer version of Taskloom; reload this page to update it";
      for (const tab of [at, late]) {
        assert.deepEqual(await profile.create(tab, "late"), { code: "newer_format", message });
        assert.deepEqual(await profile.snapshot(tab), { code: "newer_format", message });
        assert.deepEqual(await profile.titles(tab), ["kept"]);
      }
      assert.deepEqual(await newer.evaluate(keys), [1, 2], "nothing was written");
    });

    scenario("an upgrade that an older tab blocks says so, and works once it is closed", async (profile) => {
      const { at } = profile;
      const older = await profile.another();
      await profile.openRaw(older, 1);
      const message =
        "another tab keeps the board open in an older version; close or reload that tab";
      assert.deepEqual(await profile.open(at), { code: "blocked", message });
      await older.evaluate(() => raw.close());
      assert.deepEqual(await profile.open(at), {});
      assert.deepEqual(await profile.create(at, "new"), {});
      assert.deepEqual(await profile.found(), ["new"]);
    });

    scenario("a full disk refuses commits whole, and the board goes on when there is space", async (profile) => {
      const { at } = profile;
      // Before the first commit: Chromium goes by what it knew of the space for a while.
      await profile.devtools("overrideQuotaForOrigin", { quotaSize: 400_000 });
      assert.deepEqual(await profile.open(at), {});
      const kept = [];
      let refused;
      for (let number = 0; refused === undefined && number < 400; number++) {
        const burst = Array.from({ length: 20 }, (_, at) => `${number} ${at} ${"x".repeat(400)}`);
        const answers = await at.evaluate((burst) => Promise.all(burst.map(create)), burst);
        kept.push(...burst.filter((_, at) => answers[at].code === undefined));
        refused = answers.find(({ code }) => code !== undefined);
      }
      assert.equal(refused?.code, "quota_exceeded");
      assert.match(refused.message, /^the browser has no more space for this site \(Quota/);
      assert.ok(kept.length > 0);
      kept.sort();
      assert.deepEqual(await profile.titles(at), kept);
      assert.equal((await profile.snapshot(at)).code, "quota_exceeded");
      assert.deepEqual(await profile.found(), kept, "nothing is half-written");
      await profile.devtools("overrideQuotaForOrigin");
      assert.deepEqual(await profile.create(at, "after"), {});
      assert.deepEqual(await profile.snapshot(at), {});
      assert.deepEqual(await profile.found(), [...kept, "after"].sort());
    });

    scenario("clearing the site's data closes every tab's board, which can be exported", async (profile) => {
      const { at } = profile;
      assert.deepEqual(await profile.open(at), {});
      assert.deepEqual(await profile.create(at, "cleared"), {});
      const other = await profile.another();
      assert.deepEqual(await profile.open(other), {});
      await profile.devtools("clearDataForOrigin", { storageTypes: "all" });
      for (const tab of [at, other]) {
        assert.deepEqual(await profile.create(tab, "late"), CLEARED);
        assert.deepEqual(await profile.titles(tab), ["cleared"]);
      }
      assert.deepEqual(await profile.found(), []);
      assert.deepEqual(await profile.open(at), {});
      assert.deepEqual(await profile.create(at, "new"), {});
      assert.deepEqual(await profile.found(), ["new"]);
    });
  });
}

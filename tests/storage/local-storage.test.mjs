// Boards in localStorage, which bears one tab at a time: who else wants the board
// is told why not, and it is there for the next one, however the first one went.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ofNewerFormat } from "./format.mjs";
import { CLEARED, Profile } from "./profile.mjs";
import { PLACES, launch, serve } from "./site.mjs";

const IN_USE = {
  code: "in_use",
  message: "the board is open in another tab; close it there first",
};
/** Where the board keeps what a name names. */
const key = (name) => `taskloom/faults/${name}`;

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

const scenario = (title, work, place) =>
  test(title, () => Profile.lend({ browser, site, place, storage: "localstorage" }, work));

/** Everything in the site's localStorage. Runs in a page. */
const stored = () => ({ ...localStorage });

scenario("a second tab is refused, and opens the board once the first lets go", async (profile) => {
  const { page } = profile;
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.create(page, "first"), {});
  const second = await profile.visit();
  const before = await second.evaluate(stored);
  assert.deepEqual(await profile.open(second), IN_USE);
  assert.deepEqual(await second.evaluate(stored), before, "nothing is touched");
  assert.deepEqual(await profile.create(page, "goes on"), {});
  await page.evaluate(() => board.close());
  assert.deepEqual(await profile.open(second), {});
  assert.deepEqual(await profile.titles(second), ["first", "goes on"]);
  assert.deepEqual(await profile.create(second, "second"), {});
  assert.deepEqual(await profile.open(page), IN_USE);
  await second.close();
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.titles(page), ["first", "goes on", "second"]);
});

scenario("two tabs that open at once do not both get the board", async (profile) => {
  const tabs = [profile.page, await profile.visit()];
  const answers = await Promise.all(tabs.map((tab) => profile.open(tab)));
  assert.deepEqual(answers.filter(({ code }) => code !== undefined), [IN_USE]);
});

scenario("a tab that crashes leaves what was answered to the next one", async (profile) => {
  const second = await profile.visit();
  const first = await profile.visit();
  assert.deepEqual(await profile.open(first), {});
  const titles = Array.from({ length: 50 }, (_, number) => `task ${String(number).padStart(2, "0")}`);
  for (const title of titles) assert.deepEqual(await profile.create(first, title), {});
  await profile.crash(first);
  assert.deepEqual(await profile.open(second), {});
  assert.deepEqual(await profile.titles(second), titles);
  assert.deepEqual(await profile.create(second, "task 50"), {});
});

scenario("a tab that is reloaded has its board again", async (profile) => {
  const { page } = profile;
  for (const titles of [[], ["again"], ["again", "again"]]) {
    assert.deepEqual(await profile.open(page), {});
    assert.deepEqual(await profile.titles(page), titles);
    assert.deepEqual(await profile.create(page, "again"), {});
    await page.reload();
  }
});

scenario(
  "a worker is told that only pages have localStorage",
  async (profile) => {
    assert.deepEqual(await profile.open(profile.at), {
      code: "unavailable",
      message:
        "this browser keeps no data for this page: localStorage is offered to pages only, not to workers",
    });
  },
  PLACES["a dedicated worker"],
);

scenario("a browser without Web Locks is told what it lacks", async (profile) => {
  const { page } = profile;
  await page.evaluate(() => Object.defineProperty(navigator, "locks", { value: undefined }));
  assert.deepEqual(await profile.open(page), {
    code: "unavailable",
    message: "this browser keeps no data for this page: it has no Web Locks, which keep tabs apart",
  });
});

scenario("a full storage refuses commits whole, and the board goes on when there is space", async (profile) => {
  const { page } = profile;
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.create(page, "before"), {});
  // Another program of the site takes everything that is left.
  await page.evaluate(() => {
    let text = "";
    for (let more = 1 << 22; more > 0; more >>= 1) {
      try {
        localStorage.setItem("other", text + "x".repeat(more));
        text += "x".repeat(more);
      } catch {}
    }
  });
  const before = await page.evaluate(stored);
  const refused = await profile.create(page, "late");
  assert.equal(refused.code, "quota_exceeded");
  assert.match(refused.message, /^the browser has no more space for this site \(.* exceeded the quota/);
  assert.equal((await profile.snapshot(page)).code, "quota_exceeded");
  assert.deepEqual(await page.evaluate(stored), before, "nothing is half-written");
  assert.deepEqual(await profile.titles(page), ["before"]);
  await page.evaluate(() => localStorage.removeItem("other"));
  assert.deepEqual(await profile.create(page, "after"), {});
  await page.reload();
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.titles(page), ["after", "before"]);
});

scenario("clearing the site's data closes the board, which can be exported", async (profile) => {
  const { page } = profile;
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.create(page, "cleared"), {});
  await profile.devtools("clearDataForOrigin", { storageTypes: "local_storage" });
  await page.waitForFunction(() => localStorage.length === 0);
  assert.deepEqual(await profile.create(page, "late"), CLEARED);
  assert.deepEqual(await profile.titles(page), ["cleared"]);
  assert.deepEqual(await page.evaluate(stored), {});
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.create(page, "new"), {});
  assert.deepEqual(await profile.titles(page), ["new"]);
});

scenario("an entry of a newer version lets a tab only read, and it says so", async (profile) => {
  const { page } = profile;
  assert.deepEqual(await profile.open(page), {});
  assert.deepEqual(await profile.create(page, "kept"), {});
  await page.evaluate(() => board.close());
  const entry = JSON.parse(await page.evaluate((key) => localStorage.getItem(key), key("log/1")));
  const newer = Buffer.from(ofNewerFormat(Buffer.from(entry, "base64"), 2)).toString("base64");
  await page.evaluate(
    ([log, head, newer]) => {
      localStorage.setItem(log, JSON.stringify(newer));
      const { head: _, ...rest } = JSON.parse(localStorage.getItem(head));
      localStorage.setItem(head, JSON.stringify({ ...rest, head: 2 }));
    },
    [key("log/2"), key("head"), newer],
  );
  const before = await page.evaluate(stored);
  assert.deepEqual(await profile.open(page), {});
  const message =
    "log entry 2 was written by a newer version of Taskloom; reload this page to update it";
  assert.deepEqual(await profile.create(page, "late"), { code: "newer_format", message });
  assert.deepEqual(await profile.titles(page), ["kept"]);
  assert.deepEqual(await page.evaluate(stored), before);
});

scenario("a newer layout is left alone", async (profile) => {
  const { page } = profile;
  await page.evaluate((head) => localStorage.setItem(head, '{"format":9,"stones":[]}'), key("head"));
  const before = await page.evaluate(stored);
  assert.deepEqual(await profile.open(page), {
    code: "newer_format",
    message:
      "the board's database was written by a newer version of Taskloom; reload this page to update it",
  });
  assert.deepEqual(await page.evaluate(stored), before);
});

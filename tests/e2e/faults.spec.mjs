// What a person sees when the browser does not keep what it should: why, that
// nothing was done by halves, that the board can still be read and exported, and the
// way on.
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { ofNewerFormat } from "../storage/format.mjs";
import { boardIsOpen, card, column, openBoard, panel, quickAdd } from "./app.mjs";

/** What only the browser's own tools can do to the storage of the app. */
async function devtools(page, baseURL) {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(baseURL);
  return (command, parameters) => session.send(`Storage.${command}`, { origin, ...parameters });
}

/** A page of the site without the app in it. */
async function emptyPage(context) {
  const page = await context.newPage();
  await page.route("**/empty", (route) => route.fulfill({ contentType: "text/html", body: "" }));
  await page.goto("/empty");
  return page;
}

/** The banner of a name. */
const notice = (page, name) => page.getByRole("alert", { name });

/** Why a task was not added, where it was to be. */
const refusal = (page) => column(page, "Ready").getByRole("alert");

/** Tries to add a task. */
async function tryToAdd(page, title) {
  await column(page, "Ready").getByRole("button", { name: "Add a task to Ready" }).click();
  const field = page.getByRole("textbox", { name: "New task in Ready" });
  await field.fill(title);
  await field.press("Enter");
}

/** The titles in what the button of a banner saves. */
async function exported(page, banner) {
  const downloading = page.waitForEvent("download");
  await banner.getByRole("button", { name: "Export" }).click();
  const text = await readFile(await (await downloading).path(), "utf8");
  return JSON.parse(text).tasks.map(({ title }) => title);
}

/** Takes all the space that this site has left, as another program of it would. */
function fill() {
  return new Promise((done) => {
    const opening = indexedDB.open("another program");
    opening.onupgradeneeded = () => opening.result.createObjectStore("values");
    opening.onsuccess = () => {
      const put = (length) => {
        if (length < 1) return done();
        const transaction = opening.result.transaction("values", "readwrite");
        transaction.objectStore("values").put(new Uint8Array(length), Math.random());
        transaction.oncomplete = () => put(length);
        transaction.onabort = () => put(length >> 1);
      };
      put(1 << 18);
    };
  });
}

test("a full disk takes back what does not fit, and the board goes on when there is room", async ({ page, baseURL }) => {
  const storage = await devtools(page, baseURL);
  // Before the first change: Chromium goes by what it knew of the space for a while.
  await storage("overrideQuotaForOrigin", { quotaSize: 600_000 });
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  await page.evaluate(fill);

  await tryToAdd(page, "Plant them");
  const full = notice(page, "There is no room to keep changes");
  await expect(full).toContainText("A change that does not fit is taken back");
  await expect(refusal(page)).toContainText("Not added: the browser has no more space for this site");
  await expect(page.getByRole("textbox", { name: "New task in Ready" })).toHaveValue("Plant them");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 1 task");
  await expect(page.getByText("Not kept")).toBeVisible();

  // Reading goes on, and does not make anybody believe that writing does.
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await card(column(page, "Ready"), "T-1").click();
  await expect(panel(page, "T-1")).toContainText("Buy saplings");
  await page.keyboard.press("Escape");
  expect(await exported(page, full)).toEqual(["Buy saplings"]);
  await expect(full).toBeVisible();
  const again = await page.context().newPage();
  await openBoard(again);
  await expect(column(again, "Ready")).toHaveAccessibleName("Ready, 1 task");

  await storage("overrideQuotaForOrigin", {});
  await tryToAdd(page, "Plant them");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
  await expect(full).toHaveCount(0);
  await expect(column(again, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
  await page.reload();
  await boardIsOpen(page);
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
});

test("cleared site data leaves the board to export in every tab, until it is reloaded", async ({ page, context, baseURL }) => {
  const storage = await devtools(page, baseURL);
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const other = await context.newPage();
  await openBoard(other);
  await storage("clearDataForOrigin", { storageTypes: "all" });
  for (const tab of [page, other]) {
    const gone = notice(tab, "This browser no longer keeps your board");
    await expect(gone).toContainText("export it before you reload");
    await tryToAdd(tab, "Plant them");
    await expect(refusal(tab)).toContainText("Not added: the board is closed: the browser took its storage away");
    await expect(column(tab, "Ready")).toHaveAccessibleName("Ready, 1 task");
    expect(await exported(tab, gone)).toEqual(["Buy saplings"]);
  }
  await notice(page, /no longer keeps/).getByRole("button", { name: "Reload" }).click();
  await boardIsOpen(page);
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 0 tasks");
  await quickAdd(page, "Ready", "Begin again");
  await page.reload();
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 1 task");
});

test("what a newer version wrote lets every tab only read, and it says so", async ({ page, context }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const entry = await page.evaluate(async () => {
    const answer = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    window.raw = await answer(indexedDB.open("taskloom/taskloom"));
    window.log = () => raw.transaction("log", "readwrite").objectStore("log");
    return [...(await answer(log().get(1)))];
  });
  const newer = ofNewerFormat(entry, 2);
  await page.evaluate((entry) => log().add(new Uint8Array(entry), 2), newer);
  const other = await context.newPage();
  await other.goto("/board");
  for (const tab of [page, other]) {
    await tryToAdd(tab, "Plant them");
    const readOnly = notice(tab, "This tab only shows your board");
    await expect(readOnly).toContainText("Log entry 2 was written by a newer version of Taskloom; reload this page to update it.");
    await expect(refusal(tab)).toContainText("Not added: log entry 2 was written by a newer version");
    await expect(column(tab, "Ready")).toHaveAccessibleName("Ready, 1 task");
    await expect(card(column(tab, "Ready"), "T-1")).toBeVisible();
    expect(await exported(tab, readOnly)).toEqual(["Buy saplings"]);
  }
  const keys = await page.evaluate(
    () => new Promise((done) => (log().getAllKeys().onsuccess = ({ target }) => done(target.result))),
  );
  expect(keys).toEqual([1, 2]);
  await notice(page, /only shows/).getByRole("button", { name: "Reload" }).click();
  await expect(notice(page, "This tab only shows your board")).toBeVisible();
});

test("a tab that is out of date makes way for a newer one, and asks to be reloaded", async ({ page, context }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const newer = await emptyPage(context);
  await newer.evaluate(
    () => new Promise((done) => (indexedDB.open("taskloom/taskloom", 900).onsuccess = () => done())),
  );
  const old = notice(page, "Another tab updated or erased the board");
  expect(await exported(page, old)).toEqual(["Buy saplings"]);
  await old.getByRole("button", { name: "Reload" }).click();
  const refused = notice(page, "Your board cannot be opened");
  await expect(refused).toContainText("written by a newer version of Taskloom");
  await expect(refused.getByRole("button")).toHaveText(["Reload"]);
});

test("an older tab that is in the way is named, and the board opens once it is closed", async ({ page, context }) => {
  const older = await emptyPage(context);
  await older.evaluate(() => new Promise((done) => {
    const opening = indexedDB.open("taskloom/taskloom", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("log");
      opening.result.createObjectStore("snapshots");
    };
    opening.onsuccess = () => done();
  }));
  await page.goto("/board");
  const refused = notice(page, "Your board cannot be opened");
  await expect(refused).toContainText("Another tab keeps the board open in an older version; close or reload that tab");
  await older.close();
  await refused.getByRole("button", { name: "Try again" }).click();
  await boardIsOpen(page);
  await quickAdd(page, "Ready", "Buy saplings");
});

// One of all tabs puts runs back whose lease ended. When it dies, another takes over.
import { expect, test } from "@playwright/test";
import { card, column, openBoard, quickAdd } from "./app.mjs";

/** How soon another tab has to have taken over, in milliseconds. */
const HAND_OVER = 2_000;

/** Who holds and who waits for the lead, as the browser knows it. */
const candidates = (page) =>
  page.evaluate(async () => {
    const { held, pending } = await navigator.locks.query();
    const count = (locks) => locks.filter(({ name }) => name === "taskloom/taskloom/leader").length;
    return { held: count(held), pending: count(pending) };
  });

test("a tab takes over from a leader that crashed within two seconds, and puts expired runs back", async ({ page, context }) => {
  await openBoard(page);
  await quickAdd(page, "Queued", "Buy saplings");
  await column(page, "Queued").getByRole("button", { name: "Claim next" }).click();
  await expect(card(column(page, "In progress"), "T-1")).toBeVisible();

  const other = await context.newPage();
  await other.clock.install();
  await openBoard(other);
  await expect.poll(() => candidates(other)).toEqual({ held: 1, pending: 1 });
  // To this tab the lease ended long ago. But it does not lead.
  await other.clock.fastForward("01:00:00");
  await other.evaluate(() => new Promise((rest) => setTimeout(rest, 50)));
  await expect(card(column(other, "In progress"), "T-1")).toBeVisible();
  expect(await candidates(other)).toEqual({ held: 1, pending: 1 });

  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  const died = performance.now();
  // The page is not there any more to answer.
  session.send("Page.crash").catch(() => {});
  await crashed;
  await expect(card(column(other, "Queued"), "T-1")).toBeVisible({ timeout: HAND_OVER });
  expect(performance.now() - died).toBeLessThan(HAND_OVER);
  expect(await candidates(other)).toEqual({ held: 1, pending: 0 });
});

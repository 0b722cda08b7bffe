// The review loop: work is finished, reviewed, rejected, continued and approved.
import { expect, test } from "@playwright/test";

import { addLines, card, openBoard } from "./page.mjs";
import { fill, finishedTask, requestReview, takeAndFinish, taskPanel, verdict } from "./review.mjs";

test("work is rejected, continued, compared and approved", async ({ page }) => {
  await finishedTask(page, "The parser reads one file");
  await requestReview(page);
  await fill(page, { outcome: "Rejected", reason: "No tests", missing: "Tests of the parser" });
  const form = verdict(page);
  await expect(form).toContainText("Rejecting queues attempt 2 of 3 with your notes.");
  await form.getByRole("button", { name: "Reject", exact: true }).click();
  await expect(form).toContainText("Continued by attempt 2 of T-1 Write the parser (queued)");

  await form.getByRole("link", { name: "T-1 Write the parser" }).click();
  await expect(taskPanel(page)).toContainText("Round 2, asked for in round 1:");
  await expect(taskPanel(page)).toContainText("Tests of the parser");
  await takeAndFinish(page, "The parser reads two files");
  await requestReview(page, 2);

  const changes = page.getByRole("region", { name: "Changes between rounds" });
  await expect(changes.getByRole("deletion")).toHaveText("one file");
  await expect(changes.getByRole("insertion")).toHaveText("two files");
  await form.getByRole("checkbox", { name: "Tests of the parser" }).check();
  await fill(page, { outcome: "Approved", confidence: "95", reason: "Tested now" });
  await form.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(form).toContainText("95 % sure, by you");

  const rounds = page.getByRole("navigation", { name: "Rounds" });
  await expect(rounds.getByRole("link", { name: "Rejected" })).toBeVisible();
  await expect(rounds.getByRole("link", { name: "Approved" })).toBeVisible();
  await expect(rounds).toContainText("2 rounds");
});

test("the same by keyboard alone", async ({ page }) => {
  await openBoard(page);
  await addLines(page, ["Write the parser"]);
  const press = (key) => page.keyboard.press(key);
  const tabTo = async (role, name, within = page) => {
    const wanted = within.getByRole(role, { name, exact: true });
    await expect(wanted).toBeVisible();
    for (let step = 0; step < 80; step += 1) {
      if (await wanted.evaluate((node) => node === document.activeElement)) return;
      await press("Tab");
    }
    throw new Error(`${role} ${name} cannot be reached by Tab`);
  };
  const work = async (result) => {
    await tabTo("button", "Take it");
    await press("Enter");
    await tabTo("button", "Hand in a result…");
    await press("Enter");
    await page.keyboard.type(result);
    await tabTo("button", "Finish", page.getByRole("dialog"));
    await press("Enter");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await tabTo("button", "Request review");
    await press("Enter");
    await page.keyboard.type("Please look at the tests");
    await tabTo("button", "Request review", page.getByRole("dialog"));
    await press("Enter");
    await expect(verdict(page).getByRole("heading", { name: "Your verdict" })).toBeVisible();
  };

  await card(page, "T-1").focus();
  await press("Enter");
  await work("One file");
  // Out of the panel, to the queue, and from its row to the form.
  await press("g");
  await expect(page.getByRole("status").filter({ hasText: "Go to" })).toContainText("Reviews");
  await press("r");
  await expect(page.getByRole("region", { name: "Unassigned, 1 review" })).toBeVisible();
  await tabTo("link", "T-1 Write the parser, round 1, Requested");
  await press("r");
  await expect(page.getByRole("textbox", { name: "Missing item 1" })).toBeFocused();
  await page.keyboard.type("Tests");
  await page.keyboard.press("Shift+Tab");
  await tabTo("textbox", "Confidence, in percent");
  await page.keyboard.type("70");
  await tabTo("textbox", "Reason");
  await page.keyboard.type("No tests");
  await press("Control+Enter");
  await expect(verdict(page)).toContainText("Continued by attempt 2");
  await tabTo("link", "T-1 Write the parser", verdict(page));
  await press("Enter");
  await work("Two files");

  await press("[");
  await expect(page.getByRole("region", { name: "Work under review" })).toContainText("Work of round 1");
  await press("]");
  await expect(page.getByRole("region", { name: "Changes between rounds" })).toContainText("Two files");
  await tabTo("radio", "Approved");
  await press("Space");
  await tabTo("textbox", "Confidence, in percent");
  await page.keyboard.type("90");
  await tabTo("textbox", "Reason");
  await page.keyboard.type("Good");
  await press("Control+Enter");
  await expect(verdict(page)).toContainText("90 % sure, by you");
  await expect(page.getByRole("navigation", { name: "Rounds" })).toContainText("2 rounds");
});

test("a rejection at the last attempt is refused before it is sent", async ({ page }) => {
  await finishedTask(page, "first");
  for (const attempt of [2, 3]) {
    await taskPanel(page).getByRole("button", { name: "Run again" }).click();
    await takeAndFinish(page, `attempt ${attempt}`);
  }
  await taskPanel(page).getByRole("button", { name: "Request review" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Request the review of round 1" });
  await dialog.getByRole("button", { name: "Request review" }).click();
  await fill(page, { outcome: "Rejected", reason: "Not yet", missing: "Everything" });

  const form = verdict(page);
  const reject = form.getByRole("button", { name: "Reject", exact: true });
  await expect(reject).toHaveAttribute("aria-disabled", "true");
  await expect(reject).toHaveAccessibleDescription("3 attempts used up: raise max attempts to 4");
  await reject.press("Enter");
  await expect(form.getByRole("heading", { name: "Your verdict" })).toBeVisible();

  await form.getByRole("button", { name: "Raise max attempts to 4" }).click();
  await expect(reject).not.toHaveAttribute("aria-disabled", "true");
  await expect(form.getByRole("textbox", { name: "Reason" })).toHaveValue("Not yet");
  await expect(form.getByRole("textbox", { name: "Missing item 1" })).toHaveValue("Everything");
  await reject.click();
  await expect(form).toContainText("Continued by attempt 4");
});

test("a half-written verdict outlives a reload", async ({ page }) => {
  await finishedTask(page, "done");
  await requestReview(page);
  await fill(page, { outcome: "Rejected", reason: "Half a thought", missing: "Docs" });
  await page.reload();
  const form = verdict(page);
  await expect(form.getByRole("radio", { name: "Rejected" })).toBeChecked();
  await expect(form.getByRole("textbox", { name: "Reason" })).toHaveValue("Half a thought");
  await expect(form.getByRole("textbox", { name: "Missing item 1" })).toHaveValue("Docs");
});

test("approving with missing work is told, and the first fault gets the focus", async ({ page }) => {
  await finishedTask(page, "done");
  await requestReview(page);
  await fill(page, { outcome: "Rejected", reason: "Hm", confidence: "", missing: "Docs" });
  const form = verdict(page);
  await form.getByRole("radio", { name: "Approved", exact: true }).check();
  await expect(form).toContainText("Clear the list or choose rejected");
  await form.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(form.getByRole("textbox", { name: "Confidence, in percent" })).toBeFocused();
  await expect(form).toContainText("Say how sure you are, from 0 to 100 %");
});

test("another verdict in another tab is shown beside the draft", async ({ page, context }) => {
  await finishedTask(page, "done");
  await requestReview(page);
  await fill(page, { outcome: "Approved", reason: "Mine" });
  const other = await context.newPage();
  await other.goto(page.url());
  // The other tab shows the same draft; it decides otherwise.
  await fill(other, { outcome: "Rejected", reason: "Theirs", missing: "Docs" });
  await verdict(other).getByRole("button", { name: "Reject", exact: true }).click();
  const alert = verdict(page).getByRole("alert");
  await expect(alert).toContainText("Another verdict was recorded meanwhile");
  await expect(alert.getByRole("row", { name: /^Reason/ })).toContainText("Theirs");
  await expect(alert.getByRole("row", { name: /^Reason/ })).toContainText("Mine");
});

test("a review is assigned, and stands in the group of its reviewer", async ({ page }) => {
  await finishedTask(page, "done");
  await requestReview(page);
  await page.getByRole("button", { name: "Assign…" }).click();
  const dialog = page.getByRole("dialog", { name: "Assign the review" });
  await expect(dialog.getByText("You, by hand")).toBeVisible();
  await expect(dialog).toContainText("wrote this");
  await dialog.getByRole("textbox", { name: "Or to another session, by its id" }).fill("carol");
  await dialog.getByRole("button", { name: "Assign", exact: true }).click();
  await expect(page.getByText("Reviewer: carol")).toBeVisible();
  await page.getByRole("link", { name: /^Reviews/ }).first().click();
  const group = page.getByRole("region", { name: "In review, 1 review" });
  await expect(group).toContainText("carol");
});

test("a blocked verdict halts, and says how the halt ends", async ({ page }) => {
  await finishedTask(page, "done");
  await requestReview(page);
  await fill(page, { outcome: "Blocked", reason: "Needs a decision on the licence" });
  const form = verdict(page);
  await form.getByRole("button", { name: "Record verdict" }).click();
  await expect(page.getByRole("note")).toContainText("The reviews of this task are halted");
  await form.getByRole("button", { name: "Request another review" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Request review" }).click();
  await fill(page, { outcome: "Approved", reason: "Decided" });
  await expect(form).toContainText("It ends the halt of this task's reviews.");
  await form.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("note")).toHaveCount(0);
});

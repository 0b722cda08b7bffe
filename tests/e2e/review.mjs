// What the tests of reviews need again and again.
import { expect } from "@playwright/test";

import { addLines, card, openBoard } from "./page.mjs";

/** A task whose first run ended with a result, its panel open. */
export async function finishedTask(page, result, title = "Write the parser") {
  await openBoard(page);
  await addLines(page, [title]);
  await card(page, "T-1").click();
  await takeAndFinish(page, result);
}

/** The panel of the task. */
export function taskPanel(page) {
  return page.getByRole("complementary", { name: "T-1" });
}

/** Takes the work on, and hands it in. */
export async function takeAndFinish(page, result) {
  const panel = taskPanel(page);
  await panel.getByRole("button", { name: "Take it" }).click();
  await finishWith(page, result);
}

async function finishWith(page, result) {
  await taskPanel(page).getByRole("button", { name: "Hand in a result…" }).click();
  const dialog = page.getByRole("dialog", { name: "Finish T-1 with a result" });
  await dialog.getByRole("textbox", { name: "Result, as text or JSON" }).fill(result);
  await dialog.getByRole("button", { name: "Finish" }).click();
  await expect(dialog).toHaveCount(0);
}

/** Asks for a review in the panel; its page opens. */
export async function requestReview(page, round = 1) {
  await taskPanel(page).getByRole("button", { name: "Request review" }).click();
  const dialog = page.getByRole("dialog", { name: `Request the review of round ${round}` });
  await dialog.getByRole("button", { name: "Request review" }).click();
  await expect(page.getByRole("heading", { name: `Round ${round} of T-1` })).toBeVisible();
}

/** The right side of a review's page. */
export function verdict(page) {
  return page.getByRole("region", { name: "Verdict" });
}

/** Fills the verdict form. */
export async function fill(page, { outcome, confidence = "80", reason, missing }) {
  const form = verdict(page);
  await form.getByRole("radio", { name: outcome, exact: true }).check();
  await form.getByRole("textbox", { name: "Confidence, in percent" }).fill(confidence);
  await form.getByRole("textbox", { name: "Reason" }).fill(reason);
  if (missing) await form.getByRole("textbox", { name: "Missing item 1" }).fill(missing);
}

// A project's board comes in whole, is worked on, and is there after a reload.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import {
  boardIsOpen, card, column, columnCounts, dropFile, fingerprint, importCounts, importLines,
  openBoard, panel, readBoard, tally,
} from "./app.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const BOARDS = [
  {
    name: "a small board of every status",
    file: path("../fixtures/orchard.jsonl"),
    numbers: {
      "lines in the file": 12, tasks: 7, children: 3, dependencies: 3, skipped: 2,
      "cannot be imported": 0, "references lead nowhere": 2,
    },
    details: {
      skipped: "1 deleted in the source, 1 notes of the tool",
      "references lead nowhere": "1 blocker, 1 related issue",
    },
    outcomes: { Task: 7, Child: 3, Skipped: 2 },
    changes: [
      "deferred becomes draft (1)",
      "hooked becomes ready, labelled was-in-progress (1)",
      "in_progress becomes ready, labelled was-in-progress (1)",
      "pinned becomes ready, labelled pinned (1)",
    ],
    warnings: [
      "blocker quarry-9 is not in the file",
      "related issue quarry-1 is not in the file",
      "blocker orchard-7 is not imported",
    ],
    columns: { Draft: 1, Blocked: 2, Ready: 6, Done: 1 },
    blocked: { id: "orchard-1.2", title: "Plant the saplings" },
    blocker: { id: "orchard-1.1", title: "Buy the saplings" },
  },
  {
    // 377 blocking edges, 21 of which lead nowhere, leave 356; 359 parent links,
    // 5 of which lead nowhere, leave 354. One task names two parents, and both are
    // among the 5. 4 relations of other kinds lead nowhere too: 30 in all.
    name: "the board of a real project",
    file: process.env.TASKLOOM_BEADS ?? path("../../../shared/data/beads.jsonl"),
    numbers: {
      "lines in the file": 704, tasks: 350, children: 354, dependencies: 356, skipped: 0,
      "cannot be imported": 0, "references lead nowhere": 30,
    },
    details: {
      skipped: "",
      "references lead nowhere": "21 blockers, 5 parents, 4 related issues",
    },
    outcomes: { Task: 350, Child: 354 },
    changes: [
      "hooked becomes ready, labelled was-in-progress (4)",
      "in_progress becomes ready, labelled was-in-progress (3)",
      "pinned becomes ready, labelled pinned (3)",
    ],
    columns: { Blocked: 238, Ready: 63, Done: 403 },
    blocked: { id: "bd-wisp-dm5w3", title: "Scan merge queue" },
    blocker: { id: "bd-wisp-y7xh7", title: "Check refinery mail" },
  },
];

for (const board of BOARDS) {
  test(`${board.name} is imported, worked on and kept`, async ({ page }) => {
    const absent = `${board.file} is not here; TASKLOOM_BEADS can name it`;
    if (!existsSync(board.file)) console.log(`skipped: ${absent}`);
    test.skip(!existsSync(board.file), absent);

    await openBoard(page);
    await dropFile(page, board.file);

    await test.step("the dry run says what becomes of each line", async () => {
      await expect(page.getByRole("heading", { name: /^Check / })).toBeFocused();
      const counts = await importCounts(page);
      expect(counts.numbers).toEqual(board.numbers);
      expect(counts.details).toMatchObject(board.details);
      const changes = page.getByRole("list", { name: "Statuses that change" });
      await expect(changes.getByRole("listitem")).toHaveText(board.changes);
      await expect(page.getByRole("status")).toContainText(
        `${board.numbers["lines in the file"]} lines: ${board.numbers.tasks} tasks`,
      );

      const lines = await importLines(page);
      expect(lines).toHaveLength(board.numbers["lines in the file"]);
      expect(tally(lines.map((line) => line.outcome))).toEqual(board.outcomes);
      const dangling = lines.flatMap((line) => line.notes).filter((note) => note.endsWith("is not in the file"));
      expect(dangling).toHaveLength(board.numbers["references lead nowhere"]);

      await page.getByRole("checkbox", { name: /^Problems and warnings only/ }).check();
      const warned = await importLines(page);
      if (board.warnings) expect(warned.flatMap((line) => warnings(line))).toEqual(board.warnings);
      expect(warned.length).toBe(lines.filter((line) => warnings(line).length > 0).length);
      console.log(`${board.name}:`, JSON.stringify({ ...counts.numbers, ended: tally(lines.map((line) => line.outcome)) }));
    });

    await test.step("the import brings all of it at once", async () => {
      const count = board.numbers.tasks + board.numbers.children;
      await page.getByRole("button", { name: `Import ${count} tasks` }).click();
      await expect(page.getByRole("heading", { name: `${count} tasks imported` })).toBeFocused();
      await page.getByRole("link", { name: "Show on the board" }).click();
      await expect(column(page, "Ready")).toBeVisible();
      const empty = { Draft: 0, Queued: 0, "In progress": 0, "In review": 0, Failed: 0, Canceled: 0 };
      expect(await columnCounts(page)).toEqual({ ...empty, ...board.columns });
    });

    const filter = page.getByRole("searchbox", { name: "Filter by title or identifier" });
    await test.step("a blocked task names its blocker", async () => {
      await filter.fill(board.blocked.id);
      await card(column(page, "Blocked"), board.blocked.id).click();
      const open = panel(page, board.blocked.id);
      await expect(open.getByRole("heading", { name: board.blocked.title })).toBeVisible();
      await expect(open.getByRole("heading", { name: /^Needs/ })).toHaveText(/1 open of 1/);
      await open.getByRole("link", { name: `${board.blocker.id} ${board.blocker.title}` }).click();
    });

    await test.step("the blocker is claimed and completed, and frees the task", async () => {
      const open = panel(page, board.blocker.id);
      await open.getByRole("button", { name: "Start", exact: true }).click();
      await filter.fill("");
      await expect(column(page, "Queued")).toHaveAccessibleName("Queued, 1 task");
      await column(page, "Queued").getByRole("button", { name: "Claim next" }).click();
      await expect(card(column(page, "In progress"), board.blocker.id)).toBeVisible();
      await open.getByRole("button", { name: "Finish", exact: true }).click();
      await expect(column(page, "Done")).toHaveAccessibleName(`Done, ${board.columns.Done + 1} tasks`);
      await open.getByRole("link", { name: `${board.blocked.id} ${board.blocked.title}` }).click();
      await expect(panel(page, board.blocked.id)).toContainText("Ready");
      await expect(column(page, "Blocked")).toHaveAccessibleName(
        new RegExp(`^Blocked, ${board.columns.Blocked - 1} tasks?$`),
      );
      await panel(page, board.blocked.id).getByRole("button", { name: "Close panel" }).click();
    });

    await test.step("a reload shows the same board", async () => {
      const counts = await columnCounts(page);
      const before = await readBoard(page);
      const all = Object.values(before).flat().length;
      expect(all).toBe(board.numbers.tasks + board.numbers.children);
      await page.reload();
      await boardIsOpen(page);
      await expect.poll(() => columnCounts(page)).toEqual(counts);
      expect(fingerprint(await readBoard(page))).toBe(fingerprint(before));
    });
  });
}

function warnings(line) {
  return line.notes.filter((note) => / is not (in the file|imported)$|^second parent |cannot be read/.test(note));
}

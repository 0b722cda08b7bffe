// The entry for browsers, as a plain module script in Chromium.

import assert from "node:assert/strict";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { after, before, test } from "node:test";

import { chromium } from "@playwright/test";

import { install } from "./project.mjs";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

let project;
let server;
let browser;
let page;

before(async () => {
  project = await install();
  project.write("index.html", "<!doctype html><title>Consumer</title>");
  server = createServer((request, response) => {
    const path = project.path(new URL(request.url, "http://localhost").pathname);
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(path)] ?? "text/plain");
    createReadStream(path).pipe(response);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  browser = await chromium.launch({
    executablePath: process.env.TASKLOOM_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
  });
  const context = await browser.newContext();
  page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/index.html`);
});

after(async () => {
  await browser?.close();
  server?.close();
  project?.remove();
});

test("a board is there again after a reload, and another tab sees changes", async () => {
  const titles = async (page) =>
    page.evaluate(async () => {
      const { openBoard } = await import("/node_modules/taskloom/index.js");
      window.board ??= await openBoard({ name: "work" });
      const tasks = window.board.as({ kind: "human", ref: "ada" }).read.listTasks();
      return tasks.map((task) => `${task.title} ${task.status} ${task.origin.kind}`);
    });
  const work = (page, title) =>
    page.evaluate(async (title) => {
      const ada = window.board.as({ kind: "human", ref: "ada" });
      const task = await ada.createTask({ scope: "global", title });
      await ada.enqueueRun({ task_id: task.id });
      const worker = window.board.as({ kind: "agent_session", ref: "s" });
      const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "s" });
      await worker.completeRunLease({ run_id: run.id, claim_token });
    }, title);
  assert.deepEqual(await titles(page), []);
  await work(page, "Design");
  await page.reload();
  assert.deepEqual(await titles(page), ["Design completed web"]);

  const tab = await page.context().newPage();
  await tab.goto(page.url());
  assert.deepEqual(await titles(tab), ["Design completed web"]);
  await work(tab, "Build");
  await page.waitForFunction(
    () => window.board.as({ kind: "human", ref: "ada" }).read.listTasks().length === 2,
  );
});

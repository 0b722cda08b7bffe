// The guides: every block of code on every page is run, and prints what it says.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, symlinkSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import * as vite from "vite";

import { launch, serveFolder } from "../site.mjs";
import { install } from "./project.mjs";

const FOLDER = new URL("../../docs/guides/", import.meta.url);

/** Pages that are one program for Node. The others have a test of their own. */
const IN_NODE = ["approvals", "dependencies", "node", "queue", "reviews", "store", "todo-arrays"];
const IN_BROWSERS = ["react", "svelte", "tabs"];

let installed;
let browser;

before(async () => {
  installed = await install();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  installed?.remove();
});

/** The code of a page, block by block. */
function blocksOf(name) {
  const page = readFileSync(new URL(`${name}.md`, FOLDER), "utf8");
  return [...page.matchAll(/^```(js|jsx|svelte)\n(.*?)^```/gms)].map(([, , code]) => code);
}

/** What code says that it prints: behind a call, or below "// prints". */
function promised(code) {
  const lines = [];
  let below = false;
  for (const line of code.split("\n")) {
    const behind = /console\.log\(.*\); \/\/ (.*)$/.exec(line);
    if (below && line.startsWith("// ")) {
      lines.push(line.slice(3));
    } else if (behind) {
      lines.push(behind[1]);
    }
    below = line === "// prints" || (below && line.startsWith("// "));
  }
  return lines;
}

test("every page has its test, and the list of pages has every page", () => {
  const pages = readdirSync(FOLDER).map((name) => name.replace(/\.md$/, ""));
  assert.deepEqual(pages.sort(), [...IN_NODE, ...IN_BROWSERS, "README"].sort());
  const list = readFileSync(new URL("README.md", FOLDER), "utf8");
  for (const name of [...IN_NODE, ...IN_BROWSERS]) {
    assert.ok(list.includes(`](${name}.md)`), name);
  }
});

for (const name of IN_NODE) {
  test(`${name}.md does what it says`, async () => {
    const project = installed.another();
    try {
      const code = blocksOf(name).join("\n");
      const lines = promised(code);
      assert.ok(lines.length > 0, "the page promises nothing");
      project.write("guide.mjs", code);
      assert.equal(await project.node("guide.mjs"), lines.map((line) => `${line}\n`).join(""));
    } finally {
      project.remove();
    }
  });
}

test("tabs.md does what it says", async () => {
  const project = installed.another();
  project.write(
    "index.html",
    `<!doctype html><title>Tab</title><link rel="icon" href="data:,"><script type="importmap">
      {"imports": {"taskloom": "/node_modules/taskloom/index.js"}}</script>`,
  );
  const site = await serveFolder(project.folder);
  const context = await browser.newContext();
  try {
    const tabs = {};
    for (const name of ["one", "another"]) {
      const page = await context.newPage();
      await page.goto(site.url);
      tabs[name] = { page, printed: [], promised: [], begun: Promise.resolve() };
      page.on("console", (message) => tabs[name].printed.push(message.text()));
    }
    for (const code of blocksOf("tabs")) {
      const [, name] = /^\/\/ In (one|another) tab\.\n/.exec(code);
      const tab = tabs[name];
      tab.promised.push(...promised(code));
      // A block goes on while another tab works: it has begun once it waits.
      tab.begun = tab.begun.then(() => tab.page.evaluate(runBlock, code));
      await tab.page.waitForFunction(() => window.waits);
    }
    for (const { begun, printed, promised } of Object.values(tabs)) {
      await begun;
      assert.deepEqual(printed, promised);
    }
  } finally {
    await context.close();
    site.close();
    project.remove();
  }
});

/**
 * Runs a block as the console of a page does: what a block declares is there for the
 * next one. `window.waits` tells that it has ended, or waits for changes. Runs in a page.
 */
async function runBlock(code) {
  window.waits = false;
  const program = code
    .replace(/^import \{ (.*) \} from "(.*)";$/gm, 'const { $1 } = await import("$2");')
    .replace(/^const (\w+) =/gm, "window.$1 =")
    .replace("for await", "window.waits = true;\nfor await");
  const AsyncFunction = (async () => {}).constructor;
  await new AsyncFunction(program)();
  window.waits = true;
}

for (const [name, plugins, packages] of [
  ["react", [], ["react", "react-dom", "scheduler"]],
  ["svelte", [svelte({ configFile: false })], ["svelte", "esm-env", "clsx"]],
]) {
  test(`${name}.md does what it says`, async () => {
    const project = installed.another();
    try {
      const files = blocksOf(name).map((code) => {
        const [, file] = /^(?:\/\/|<!--) ([\w.]+)/.exec(code);
        project.write(file, code);
        return file;
      });
      const main = files.find((file) => file.startsWith("main."));
      project.write(
        "index.html",
        `<!doctype html><title>Guide</title><div id="root"></div>
         <script type="module" src="/${main}"></script>`,
      );
      for (const dependency of packages) {
        const place = new URL(`../node_modules/${dependency}`, import.meta.url);
        symlinkSync(fileURLToPath(place), project.path(`node_modules/${dependency}`));
      }
      await vite.build({
        root: project.folder,
        configFile: false,
        logLevel: "error",
        build: { target: "esnext" },
        plugins,
      });
      await useTheList(project.path("dist"));
    } finally {
      project.remove();
    }
  });
}

/** A task that is added in one tab shows up there and in another tab. */
async function useTheList(folder) {
  const site = await serveFolder(folder);
  const context = await browser.newContext();
  try {
    const complaints = [];
    const [one, other] = await Promise.all([context.newPage(), context.newPage()]);
    for (const page of [one, other]) {
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(site.url);
      await page.getByLabel("New task").waitFor();
    }
    await one.getByLabel("New task").fill("Paint the fence");
    await one.getByLabel("New task").press("Enter");
    for (const page of [one, other]) {
      await page.getByText("Paint the fence: ready").waitFor();
    }
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    site.close();
  }
}

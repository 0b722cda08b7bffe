// `npx taskloom`: the app, served from the installed package.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { delimiter } from "node:path";
import { after, before, test } from "node:test";

import { launch } from "../site.mjs";
import { install } from "./project.mjs";

let project;
let browser;
const started = [];

before(async () => {
  project = await install();
  browser = await launch();
});

after(async () => {
  started.forEach((server) => server.stop());
  await browser?.close();
  project?.remove();
});

/** Starts the installed command: its address, and what it said when it ended. */
function taskloom(args, { by = [project.path("node_modules/.bin/taskloom")], env } = {}) {
  const [program, ...before] = by;
  const child = spawn(program, [...before, ...args], {
    cwd: project.folder,
    env: { ...process.env, ...env },
    // A group of its own, all of which hears Ctrl-C, as in a terminal.
    detached: true,
  });
  let said = "";
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      said += part;
      heard();
    });
  }
  const ended = new Promise((done) => child.once("close", (code) => done({ code, said })));
  const address = new Promise((found, failed) => {
    heard = () => {
      const [line] = /http:\/\/127\.0\.0\.1:\d+\/(?=\s)/.exec(said) ?? [];
      if (line) found(line);
    };
    ended.then(() => failed(new Error(`it ended: ${said}`)));
  });
  address.catch(() => {});
  const server = { address, ended, stop: () => interrupt(child) };
  started.push(server);
  return server;
}

function interrupt(child) {
  try {
    process.kill(-child.pid, "SIGINT");
  } catch {
    // It has ended by itself.
  }
}

/** One request as it is, dots and all. */
const ask = (address, path, options) =>
  new Promise((answered, failed) => {
    const { port } = new URL(address);
    get({ port, host: "127.0.0.1", path, ...options }, (response) => {
      let body = "";
      response.on("data", (part) => (body += part));
      response.on("end", () => answered({ status: response.statusCode, body, ...response.headers }));
    }).on("error", failed);
  });

test("the app opens in a browser, keeps a task, and is there at the next start", async () => {
  const first = taskloom(["--no-open", "--port", "0"], { by: ["npx", "--no-install", "taskloom"] });
  const address = await first.address;
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(address);
  await page.getByRole("heading", { name: "Board" }).first().waitFor();
  await page.keyboard.press("c");
  await page.keyboard.type("Served by npx");
  await page.keyboard.press("Enter");
  await page.getByText("Served by npx").first().waitFor();
  first.stop();
  await first.ended;

  const again = taskloom(["--no-open", "--port", new URL(address).port]);
  assert.equal(await again.address, address);
  await page.reload();
  await page.getByText("Served by npx").first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("files have their types, and nothing outside the app has an address", async () => {
  const address = await taskloom(["--no-open", "--port=0"]).address;
  const root = await ask(address, "/");
  assert.deepEqual([root.status, root["content-type"]], [200, "text/html; charset=utf-8"]);
  assert.equal(root["cache-control"], "no-cache");
  const [wasm] = /[\w-]+_bg\.wasm/.exec(root.body);
  const module = await ask(address, `/${wasm}`);
  assert.deepEqual([module.status, module["content-type"]], [200, "application/wasm"]);
  assert.match(module["cache-control"], /immutable/);
  const page = await ask(address, "/task/T-1", { headers: { accept: "text/html" } });
  assert.deepEqual([page.status, page.body], [200, root.body]);
  for (const path of ["/gone.js", "/../package.json", "/%2e%2e/package.json", "/..%5cboard.js", "/%zz"]) {
    assert.equal((await ask(address, path)).status, 404, path);
  }
  assert.equal((await ask(address, "/", { method: "POST" })).status, 405);
});

test("it opens the browser of the system", { skip: process.platform !== "linux" }, async () => {
  project.write("bin/xdg-open", '#!/bin/sh\nprintf "%s" "$1" > "$OPENED.part" && mv "$OPENED.part" "$OPENED"\n');
  chmodSync(project.path("bin/xdg-open"), 0o755);
  const opened = project.path("opened");
  const server = taskloom(["--port", "0"], {
    env: { PATH: `${project.path("bin")}${delimiter}${process.env.PATH}`, OPENED: opened },
  });
  const address = await server.address;
  let seen;
  while (seen === undefined) {
    seen = await new Promise((next) => setImmediate(next)).then(() => {
      try {
        return readFileSync(opened, "utf8");
      } catch {
        return undefined;
      }
    });
  }
  assert.equal(seen, address);
});

test("a taken port is the app that is served already, or an error", async () => {
  const address = await taskloom(["--no-open", "--port=0"]).address;
  const second = await taskloom(["--no-open", "--port", new URL(address).port]).ended;
  assert.deepEqual(second, { code: 0, said: `Taskloom is already at ${address}\n` });

  const other = createServer((socket) => socket.destroy());
  await new Promise((listening) => other.listen(0, "127.0.0.1", listening));
  const refused = await taskloom(["--no-open", "--port", other.address().port]).ended;
  other.close();
  assert.equal(refused.code, 1);
  assert.match(refused.said, /^port \d+ is taken by another program\. --port N/);
});

test("it explains itself, and refuses what it does not know", async () => {
  const { version } = JSON.parse(readFileSync(project.path("node_modules/taskloom/package.json"), "utf8"));
  assert.deepEqual(await taskloom(["--version"]).ended, { code: 0, said: `${version}\n` });
  const help = await taskloom(["--help"]).ended;
  assert.equal(help.code, 0);
  assert.match(help.said, /--port N/);
  for (const args of [["--prot", "1"], ["--port", "70000"], ["--port", "x"], ["extra"]]) {
    const { code, said } = await taskloom(args).ended;
    assert.equal(code, 2, said);
  }
});

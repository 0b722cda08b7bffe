#!/usr/bin/env node
// `npx taskloom`: the app that this package carries, served on this machine alone.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { isServedAt, serveApp } from "./app_server.js";

// The browser keeps boards by address, port included: the usual port is the same
// every time, so that yesterday's board is there today.
const USUAL_PORT = 8275;

const USAGE = `Usage: taskloom [--port N] [--no-open]

Serves the Taskloom app on this machine and opens it in your browser. Your boards
stay in the browser, which keeps them by address: another port shows other boards.

  -p, --port N   serve on this port (default ${USUAL_PORT}; 0 takes any free one)
      --no-open  only print the address
  -v, --version  print the version
  -h, --help     print this text`;

async function main() {
  const { port, open, help, version } = wishes();
  if (help) {
    console.log(USAGE);
    return;
  }
  if (version) {
    console.log(JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")).version);
    return;
  }
  const address = await start(port);
  if (open) {
    openInBrowser(address);
  }
}

function wishes() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        port: { type: "string", short: "p", default: String(USUAL_PORT) },
        "no-open": { type: "boolean", default: false },
        version: { type: "boolean", short: "v" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    fail(`${error.message}\n\n${USAGE}`, 2);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    fail(`--port must be a number from 0 to 65535, not ${JSON.stringify(values.port)}`, 2);
  }
  return { port, open: !values["no-open"], help: values.help, version: values.version };
}

/** Serves the app, or finds that it is served already; answers with its address. */
async function start(port) {
  try {
    const address = await serveApp(port);
    console.log(`Taskloom is at ${address}   (Ctrl-C stops it)`);
    return address;
  } catch (error) {
    if (error.code !== "EADDRINUSE") {
      return fail(`cannot serve on port ${port}: ${error.message}`, 1);
    }
    const address = `http://127.0.0.1:${port}/`;
    if (!(await isServedAt(address))) {
      return fail(
        `port ${port} is taken by another program. --port N serves on another one, ` +
          "where the browser keeps other boards",
        1,
      );
    }
    console.log(`Taskloom is already at ${address}`);
    return address;
  }
}

function openInBrowser(address) {
  const [program, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const opener = spawn(program, [...args, address], { stdio: "ignore", detached: true });
  // Without a browser here, the printed address has to do.
  opener.on("error", () => {});
  opener.unref();
}

const OPENERS = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] };

function fail(message, code) {
  console.error(message);
  process.exit(code);
}

await main();

// The package through bundlers, run by Chromium.

import assert from "node:assert/strict";
import { copyFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite from "vite";
import webpack from "webpack";

import { launch, serveFolder } from "../site.mjs";
import { AGAIN, FIRST, program } from "./program.mjs";
import { install } from "./project.mjs";

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

/** Builds the program in an empty folder with `build`, and runs the page in `site`. */
async function bundled(source, build) {
  const project = installed.another();
  try {
    project.write("main.js", `${source}\nwindow.outcome = program();`);
    project.write(
      "index.html",
      '<!doctype html><title>Consumer</title><script type="module" src="/main.js"></script>',
    );
    const site = (await build(project)) ?? (await serveFolder(project.path("dist")));
    try {
      await visit(site.url);
    } finally {
      await site.close();
    }
  } finally {
    project.remove();
  }
}

/** The page does its work, and after a reload finds it done. */
async function visit(url) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    const outcome = () => page.waitForFunction(() => window.outcome).then((it) => it.jsonValue());
    assert.deepEqual(await outcome(), FIRST);
    await page.reload();
    assert.deepEqual(await outcome(), AGAIN);
  } finally {
    await context.close();
  }
}

/** A page for bundlers that make only scripts. */
const page = (project) =>
  project.write(
    "dist/index.html",
    '<!doctype html><title>Consumer</title><script type="module" src="main.js"></script>',
  );

const quietVite = (project, more) => ({
  root: project.folder,
  configFile: false,
  logLevel: "error",
  clearScreen: false,
  ...more,
});

test("a build of Vite", () =>
  bundled(program({}), async (project) => {
    await vite.build(quietVite(project));
  }));

test("the development server of Vite", () =>
  bundled(program({}), async (project) => {
    const server = await vite.createServer(quietVite(project, { server: { port: 0, hmr: false } }));
    await server.listen();
    return { url: server.resolvedUrls.local[0], close: () => server.close() };
  }));

test("Vite with an address of the engine's file", () =>
  bundled(
    `import address from "taskloom/taskloom.wasm?url";
     ${program({ from: "taskloom/slim", ready: "initialize(address);" })}`,
    async (project) => {
      await vite.build(quietVite(project));
      const files = readdirSync(project.path("dist"), { recursive: true });
      assert.equal(files.filter((name) => name.endsWith(".wasm")).length, 1);
    },
  ));

test("webpack", () =>
  bundled(program({}), async (project) => {
    const compiler = webpack({
      mode: "production",
      context: project.folder,
      entry: "./main.js",
      output: { path: project.path("dist"), filename: "main.js" },
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }).errors, []);
    page(project);
  }));

test("esbuild, with the engine inline", () =>
  bundled(program({ from: "taskloom/inline" }), async (project) => {
    await withEsbuild(project, {});
    page(project);
  }));

test("esbuild, with the engine as a file", () =>
  bundled(
    `import address from "taskloom/taskloom.wasm";
     ${program({ from: "taskloom/slim", ready: "initialize(new URL(address, import.meta.url));" })}`,
    async (project) => {
      await withEsbuild(project, { loader: { ".wasm": "file" } });
      page(project);
    },
  ));

test("esbuild for Node, in one file", async () => {
  const project = installed.another();
  try {
    const source = program({ from: "taskloom/inline" });
    project.write("main.js", `${source}\nprogram().then((it) => console.log(JSON.stringify(it)));`);
    await withEsbuild(project, { platform: "node", format: "cjs", outExtension: { ".js": ".cjs" } });
    assert.deepEqual(JSON.parse(await project.node("dist/main.cjs")), FIRST);
  } finally {
    project.remove();
  }
});

async function withEsbuild(project, more) {
  const { warnings } = await esbuild.build({
    absWorkingDir: project.folder,
    entryPoints: ["main.js"],
    outdir: "dist",
    bundle: true,
    format: "esm",
    minify: true,
    logLevel: "silent",
    ...more,
  });
  assert.deepEqual(warnings, []);
}

test("Rollup, with the engine inline", () =>
  bundled(program({ from: "taskloom/inline" }), async (project) => {
    await withRollup(project);
    page(project);
  }));

test("Rollup, with the engine's file beside the script", () =>
  bundled(program({}), async (project) => {
    await withRollup(project);
    const wasm = "taskloom_wasm_bg.wasm";
    copyFileSync(project.path(`node_modules/taskloom/${wasm}`), project.path(`dist/${wasm}`));
    page(project);
  }));

async function withRollup(project) {
  const bundle = await rollup({
    input: project.path("main.js"),
    plugins: [nodeResolve({ browser: true })],
    onLog: (level, log) => assert.fail(`${level}: ${log.message}`),
  });
  await bundle.write({ dir: project.path("dist"), format: "es" });
  await bundle.close();
}

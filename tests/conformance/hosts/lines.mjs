// What a host and its runner say to each other: a request a line on standard input,
// its answer a line on standard output.

import { createInterface } from "node:readline";

/** Answers every line, until there are no more. */
export async function answerLines(answer) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${await answer(line)}\n`);
  }
}

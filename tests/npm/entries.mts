// Compiled, never run: every entry has the same names, and `slim` needs its engine.

import * as usual from "taskloom";
import * as inline from "taskloom/inline";
import * as slim from "taskloom/slim";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(..._: T[]): void => {};

is<Equal<keyof typeof usual, keyof typeof inline>>();
is<Equal<keyof typeof usual, keyof typeof slim>>();
is<Equal<usual.Board, slim.Board>>();
is<Equal<typeof usual.TaskloomError, typeof inline.TaskloomError>>();

export async function engines(bytes: Uint8Array, address: URL): Promise<void> {
  await usual.initialize();
  await usual.initialize(address);
  await inline.initialize(bytes);
  await slim.initialize(bytes);
  await slim.initialize(fetch("/taskloom.wasm"));
  // @ts-expect-error The engine is not part of this entry.
  await slim.initialize();
  // @ts-expect-error A number is no engine.
  await usual.initialize(7);
  const board: usual.Board = await slim.openBoard({ name: "work" });
  await board.close();
}

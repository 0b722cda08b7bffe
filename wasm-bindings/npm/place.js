// Where an entry that works everywhere finds itself.

export const IN_NODE = globalThis.process?.versions?.node !== undefined;

/** The origin of a person who names none. */
export const DOOR = IN_NODE ? "cli" : "web";

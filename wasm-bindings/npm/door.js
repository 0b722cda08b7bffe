// Where an entry that works everywhere finds itself.

/** The origin of a person who names none. */
export const door = () => (globalThis.process?.versions?.node ? "cli" : "web");

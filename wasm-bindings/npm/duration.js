// Durations are whole nanoseconds in every record.

export const milliseconds = (count) => Math.round(count * 1e6);
export const seconds = (count) => Math.round(count * 1e9);
export const minutes = (count) => Math.round(count * 60e9);

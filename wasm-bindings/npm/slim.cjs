// The entry without the engine, for CommonJS in Node: the same module.

module.exports = require("./slim.js");

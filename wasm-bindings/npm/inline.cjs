// The entry without an asset, for CommonJS in Node: the same module.

module.exports = require("./inline.js");

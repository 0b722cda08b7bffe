// The entry for CommonJS in Node. It is the same module, so that a program that
// uses both ways has one `TaskloomError`.

module.exports = require("./node.js");

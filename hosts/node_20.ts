/** What the app uses and Node 20 does not have yet: parts of ECMAScript 2024 to 2026 and of the URL standard. */
import "core-js/actual/array/from-async.js";
import "core-js/actual/iterator/index.js";
import "core-js/actual/promise/with-resolvers.js";
import "core-js/actual/typed-array/from-hex.js";
import "core-js/actual/typed-array/to-hex.js";
import "core-js/actual/url/parse.js";

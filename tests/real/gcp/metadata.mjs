// Prints what gcp-metadata finds at the metadata server: its presence, project, account, and each token for so many seconds.
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const metadata = require("gcp-metadata");
console.log((await metadata.isAvailable()) ? "True" : "False");
console.log(await metadata.project("project-id"));
console.log(await metadata.instance("service-accounts/default/email"));
const end = Date.now() + Number(process.argv[3]) * 1000;
let last;
while (Date.now() < end) {
  const { access_token: token } = await metadata.instance("service-accounts/default/token");
  if (token !== last) console.log((last = token));
  await new Promise((resolve) => setTimeout(resolve, 200));
}

// Prints each access token that google-auth-library gets by default, for so many seconds, and the project first.
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const { GoogleAuth } = require("google-auth-library");
const auth = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
console.log(await auth.getProjectId());
const client = await auth.getClient();
const end = Date.now() + Number(process.argv[3]) * 1000;
let last;
while (Date.now() < end) {
  try {
    const headers = await client.getRequestHeaders();
    const token = headers.get("authorization");
    if (token !== last) console.log((last = token));
  } catch (error) {
    console.log("ERROR", error.message);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}

// Prints each access token that @azure/identity gets by default for a resource, for so many seconds.
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const { DefaultAzureCredential } = require("@azure/identity");
const credential = new DefaultAzureCredential();
const end = Date.now() + Number(process.argv[4]) * 1000;
let last;
while (Date.now() < end) {
  try {
    const { token, expiresOnTimestamp } = await credential.getToken(process.argv[3] + "/.default");
    if (token !== last) {
      last = token;
      console.log(token, "in", Math.round((expiresOnTimestamp - Date.now()) / 10000) * 10);
    }
  } catch (error) {
    console.log("ERROR", error.message.replace(/\s+/g, " "));
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}

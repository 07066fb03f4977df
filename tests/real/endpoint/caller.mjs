// Prints the key that signed, with credentials from the JavaScript SDK's default chain or from a named profile.
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const client = new STSClient({ endpoint: process.argv[3], profile: process.argv[4] });
console.log((await client.send(new GetCallerIdentityCommand({}))).Arn);

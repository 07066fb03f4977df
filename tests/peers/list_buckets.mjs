// Uses the credentials in the environment through the AWS SDK for JavaScript: as list_buckets.py does.

import { createRequire } from 'node:module'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { S3Client, ListBucketsCommand, GetObjectCommand, PutObjectCommand } = require('@aws-sdk/client-s3')
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')

async function attempt(call) {
  try {
    return await call()
  } catch (refusal) {
    return refusal.name
  }
}

// SeaweedFS serves buckets by path; a bucket in the host name does not resolve on loopback.
const s3 = new S3Client({ forcePathStyle: true })
const sts = new STSClient()
const order = { Bucket: 'orders', Key: 'a.txt' }
process.stdout.write(JSON.stringify({
  arn: await attempt(async () => (await sts.send(new GetCallerIdentityCommand())).Arn),
  buckets: await attempt(async () => ((await s3.send(new ListBucketsCommand())).Buckets ?? []).map((bucket) => bucket.Name)),
  read: await attempt(async () => (await s3.send(new GetObjectCommand(order))).Body.transformToString()),
  write: await attempt(async () => (await s3.send(new PutObjectCommand({ Bucket: 'orders', Key: 'b.txt', Body: '' }))).ETag),
}))

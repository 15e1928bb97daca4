// policy.js POLICY ACCOUNT BUCKET: what the bucket policy in the file POLICY, with ACCOUNT and BUCKET put in, makes of requests.
// Each line of standard input, "WHO ACTION RESOURCE TLS", gets an answer: Allowed, ImplicitlyDenied, ExplicitlyDenied, or what is wrong
// with it. WHO is an ARN or "anonymous". The judge knows every action of S3, and follows AWS's order of evaluation.
'use strict';
const { anonymousPrincipal, runSimulation } = require('@cloud-copilot/iam-simulate');
const fs = require('fs');

const [file, account, bucket] = process.argv.slice(2);
const policy = fs.readFileSync(file, 'utf8').replaceAll('ACCOUNT', account).replaceAll('BUCKET', bucket);

async function judge(line) {
  const [who, action, resource, tls] = line.split(' ');
  const answer = await runSimulation({
    identityPolicies: [], serviceControlPolicies: [], resourceControlPolicies: [], resourcePolicy: JSON.parse(policy),
    request: {
      principal: who === 'anonymous' ? anonymousPrincipal : who, action,
      resource: { resource, accountId: account }, contextVariables: { 'aws:SecureTransport': tls },
    },
  }, {});
  console.log(answer.overallResult || JSON.stringify(answer.errors || answer));
}

(async () => {
  for (const line of fs.readFileSync(0, 'utf8').trim().split('\n')) await judge(line);
})();

// An S3-compatible server on a free port of 127.0.0.1: s3rver, which leaves signatures of version 4 unchecked, behind aws4, which checks them.
// server.js PORT-FILE FOLDER KEY-ID SECRET BUCKET... writes its port into PORT-FILE and a line for each request into FOLDER/requests.
'use strict';
const aws4 = require('aws4');
const fs = require('fs');
const http = require('http');
const S3rver = require('s3rver');

const [portFile, folder, accessKeyId, secretAccessKey, ...buckets] = process.argv.slice(2);
const REGION = 'eu-test-1';
const CLOCK_AHEAD_MS = 1000 * Number(process.env.S3_CLOCK_AHEAD_S || 0);
const ACCEPTED_SKEW_MS = 15 * 60 * 1000;

function refuse(response, code) {
  response.writeHead(403, { 'Content-Type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
  return false;
}

// What AWS checks: who, when, where, that the body is the one that was signed, and the signature itself, made here by aws4.
function check(request, response, body) {
  const given = request.headers.authorization || '';
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$/.exec(given);
  if (!match) return refuse(response, 'AccessDenied');
  const [, id, day, region, names] = match;
  const date = request.headers['x-amz-date'] || '';
  const time = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (id !== accessKeyId) return refuse(response, 'InvalidAccessKeyId');
  if (region !== REGION || !date.startsWith(day)) return refuse(response, 'AuthorizationHeaderMalformed');
  if (!(Math.abs(Date.now() + CLOCK_AHEAD_MS - time) < ACCEPTED_SKEW_MS)) return refuse(response, 'RequestTimeTooSkewed');
  const digest = require('crypto').createHash('sha256').update(body).digest('hex');
  if (request.headers['x-amz-content-sha256'] !== digest) return refuse(response, 'XAmzContentSHA256Mismatch');
  const signed = {};
  for (const name of names.split(';')) signed[name] = request.headers[name];
  for (const name of Object.keys(request.headers))
    if ((name.startsWith('x-amz-') || name === 'host' || name === 'content-type') && !(name in signed))
      return refuse(response, 'AccessDenied');
  const ours = aws4.sign({ service: 's3', region, method: request.method, path: request.url, headers: signed },
    { accessKeyId, secretAccessKey });
  if (ours.headers.Authorization !== given) return refuse(response, 'SignatureDoesNotMatch');
  return true;
}

async function main() {
  const s3 = new S3rver({
    directory: folder, silent: true, serviceEndpoint: 'localhost', allowMismatchedSignatures: true,
    configureBuckets: buckets.map((name) => ({ name })),
  });
  await s3.configureBuckets();
  const handle = s3.callback();
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      fs.appendFileSync(`${folder}/requests`, `${request.method} ${request.headers.host} ${request.url}\n`);
      if (!check(request, response, body)) return;
      const { Readable } = require('stream');
      const again = Object.assign(Readable.from([body]), {
        method: request.method, url: request.url, headers: request.headers, rawHeaders: request.rawHeaders,
        httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1, socket: request.socket, connection: request.socket,
      });
      // s3rver knows one account only, by this name
      again.headers.authorization = again.headers.authorization.replace(accessKeyId, 'S3RVER');
      handle(again, response);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    fs.writeFileSync(`${portFile}.new`, `${server.address().port}\n`);
    fs.renameSync(`${portFile}.new`, portFile);
  });
}

main();

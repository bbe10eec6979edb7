// Runs jsforce for `make live`: logs in to an org, then processes calls from standard input until its end.
//
//     {"call": "list", "types": ["ExternalClientApplication"]}      an input line
//     {"value": [{"type": …, "fullName": …}]}                       an output line, or
//     {"error": {"code": "INVALID_TYPE", "message": …}}
//
// Uses the provider's SALESFORCE_* variables. The caller decides which components may be changed.
'use strict';
const crypto = require('node:crypto');
const readline = require('node:readline');
const { Connection, OAuth2 } = require('@jsforce/jsforce-node');
const xml2js = require('xml2js');
const { pack, unpack } = require('./zip.js');

const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TIMEOUT = 30 * 60 * 1000;
const { env } = process;

let connection;
let version;

const several = (value) => (value === undefined || value === null ? [] : [value].flat());

/** A private key in a variable: with newlines, with escaped newlines or spaces instead, or in base64. */
function pem(key) {
  const text = (key.includes('-----') ? key : Buffer.from(key, 'base64').toString('utf8')).replaceAll('\\n', '\n');
  const parts = /(-----BEGIN [A-Z ]+-----)([^-]*)(-----END [A-Z ]+-----)/.exec(text);
  return parts ? [parts[1], ...parts[2].trim().split(/\s+/), parts[3], ''].join('\n') : text;
}

function assertion({ consumerKey, username, audience, privateKey }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: consumerKey, sub: username, aud: audience, exp: Math.floor(Date.now() / 1000) + 180 };
  const signed = `${part({ alg: 'RS256' })}.${part(claims)}`;
  return `${signed}.${crypto.sign('sha256', Buffer.from(signed), pem(privateKey)).toString('base64url')}`;
}

const instance = () => (env.SALESFORCE_INSTANCE_URL ?? '').replace(/\/+$/, '');
const loginUrl = () => (env.SALESFORCE_LOGIN_URL || instance() || 'https://login.salesforce.com').replace(/\/+$/, '');

/** The login host as the audience; if an org does not accept its My Domain, the shared host of its kind. */
function audiences() {
  if (env.SALESFORCE_AUDIENCE) return [env.SALESFORCE_AUDIENCE];
  const isForTests = /(^|\/\/)test\.|\.sandbox\.|\.scratch\.|--/.test(loginUrl());
  return [loginUrl(), isForTests ? 'https://test.salesforce.com' : 'https://login.salesforce.com'];
}

async function connect() {
  if (env.SALESFORCE_ACCESS_TOKEN) {
    return new Connection({ instanceUrl: instance(), accessToken: env.SALESFORCE_ACCESS_TOKEN });
  }
  const consumer = { loginUrl: loginUrl(), clientId: env.SALESFORCE_CLIENT_ID };
  const privateKey = env.SALESFORCE_PRIVATE_KEY;
  if (privateKey) {
    const made = new Connection({ oauth2: new OAuth2(consumer) });
    const claims = { consumerKey: env.SALESFORCE_CLIENT_ID, username: env.SALESFORCE_USERNAME, privateKey };
    const [first, ...others] = audiences();
    const ask = (audience) => made.authorize({ grant_type: BEARER, assertion: assertion({ ...claims, audience }) });
    await others.reduce((tried, audience) => tried.catch(() => ask(audience)), ask(first));
    return made;
  }
  const made = new Connection({ oauth2: new OAuth2({ ...consumer, clientSecret: env.SALESFORCE_CLIENT_SECRET }) });
  await made.authorize({ grant_type: 'client_credentials' });
  return made;
}

/** Polls at increasing intervals. */
async function ended(look) {
  const deadline = Date.now() + TIMEOUT;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 2000)) {
    const result = await look();
    if (result.done) return result;
    if (Date.now() > deadline) throw new Error(`not complete after ${TIMEOUT / 60000} minutes`);
    await new Promise((wake) => setTimeout(wake, pause));
  }
}

const calls = {
  async logIn({ newest }) {
    connection = await connect();
    const versions = await connection.request('/services/data');
    const offered = Math.max(...versions.map((one) => Number(one.version)));
    version = env.SALESFORCE_API_VERSION || `${Math.min(offered, newest)}.0`;
    connection.version = version;
    // Some tokens cannot read the identity.
    const identity = await connection.identity().catch(() => ({ username: env.SALESFORCE_USERNAME }));
    const columns = 'Id, Name, IsSandbox, OrganizationType, InstanceName';
    const { records } = await connection.query(`SELECT ${columns} FROM Organization`);
    return {
      accessToken: connection.accessToken,
      instanceUrl: connection.instanceUrl,
      version,
      username: identity.username,
      organization: records[0],
    };
  },

  async deploy({ files, options }) {
    const { id } = await connection.metadata.deploy(pack(files), options);
    const result = await ended(() => connection.metadata.checkDeployStatus(id, true));
    const details = result.details ?? {};
    return {
      id,
      success: result.success === true,
      status: result.status,
      errorMessage: result.errorMessage ?? null,
      failures: several(details.componentFailures),
      successes: several(details.componentSuccesses),
    };
  },

  async retrieve({ members }) {
    const types = Object.entries(members).map(([name, names]) => ({ name, members: names }));
    const { id } = await connection.metadata.retrieve({ apiVersion: version, unpackaged: { types, version } });
    const result = await ended(() => connection.metadata.checkRetrieveStatus(id));
    const components = [];
    const files = result.zipFile ? unpack(Buffer.from(result.zipFile, 'base64')) : {};
    for (const [path, text] of Object.entries(files).filter(([path]) => !path.endsWith('package.xml'))) {
      const parsed = await xml2js.parseStringPromise(text, { explicitArray: false, ignoreAttrs: true });
      const [[type, fields]] = Object.entries(parsed);
      const fullName = path.split('/').pop().replace(/\.[^.]*$/, '');
      components.push({ type, fullName, fields: typeof fields === 'object' ? fields : {}, elements: Object.keys(fields) });
    }
    return {
      success: result.success === true,
      errorMessage: result.errorMessage ?? null,
      messages: several(result.messages).map((one) => one.problem),
      components,
    };
  },

  async list({ types }) {
    const found = [];
    // A call accepts three queries.
    for (let at = 0; at < types.length; at += 3) {
      const queries = types.slice(at, at + 3).map((type) => ({ type }));
      found.push(...several(await connection.metadata.list(queries, version)));
    }
    return found.map(({ type, fullName, id, createdDate }) => ({ type, fullName, id, createdDate }));
  },

  async query({ soql, tooling }) {
    return (await (tooling ? connection.tooling : connection).query(soql)).records;
  },

  async create({ object, record }) {
    return (await connection.sobject(object).create(record)).id;
  },

  async remove({ object, id }) {
    await connection.sobject(object).destroy(id);
  },

  async get({ path }) {
    return connection.request(`/services/data/v${version}${path}`);
  },

  /** Any REST call. Returns the response, including that of a refusal. */
  async rest({ method, path, body, at = version }) {
    const headers = { authorization: `Bearer ${connection.accessToken}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(120_000);
    const asked = { method, headers, signal, ...(body === null ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`${connection.instanceUrl}/services/data/v${at}${path}`, asked);
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: text };
    }
  },

  /** A SOAP call without jsforce: a list of apps, with only these headers. */
  async bareSoap({ headers }) {
    const body = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata">
<soapenv:Header><SessionHeader><sessionId>${connection.accessToken}</sessionId></SessionHeader></soapenv:Header>
<soapenv:Body><listMetadata><queries><type>ExternalClientApplication</type></queries><asOfVersion>${version}</asOfVersion></listMetadata></soapenv:Body>
</soapenv:Envelope>`;
    const answer = await fetch(`${connection.instanceUrl}/services/Soap/m/${version}`, { method: 'POST', headers, body });
    const text = await answer.text();
    const fault = /<faultstring>([^<]*)/.exec(text)?.[1] ?? null;
    return { status: answer.status, fault: fault?.replaceAll('&apos;', "'").replaceAll('&quot;', '"') };
  },

  async newKey() {
    const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' });
  },

  /** Requests a token of a user with a key, and revokes it immediately. */
  async bearer({ audience = audiences()[0], ...claims }) {
    const form = { grant_type: BEARER, assertion: assertion({ ...claims, audience }) };
    const post = (path, fields) =>
      fetch(`${connection.instanceUrl}/services/oauth2/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
    const answer = await (await post('token', form)).json();
    if (!answer.access_token) return { granted: false, said: `${answer.error}: ${answer.error_description}` };
    await post('revoke', { token: answer.access_token });
    return { granted: true, said: 'a token' };
  },

  /** The same with a consumer secret. */
  async clientCredentials({ consumerKey, secret }) {
    const form = { grant_type: 'client_credentials', client_id: consumerKey, client_secret: secret };
    const post = (path, fields) =>
      fetch(`${connection.instanceUrl}/services/oauth2/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
    const answer = await (await post('token', form)).json();
    if (!answer.access_token) return { granted: false, said: `${answer.error}: ${answer.error_description}` };
    await post('revoke', { token: answer.access_token });
    return { granted: true, said: 'a token' };
  },
};

async function answer({ call, ...given }) {
  try {
    return { value: (await calls[call](given)) ?? null };
  } catch (error) {
    const causes = [error, error.cause].filter(Boolean).map((one) => one.message);
    return { error: { code: error.errorCode ?? error.name ?? 'Error', message: causes.join(': ') } };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

main();

// Uses the org with jsforce and checks the results.
//
//     node drive.js ORG CREDENTIALS EMULATOR
//
// ORG is the URL of the recorder, CREDENTIALS the emulator's credentials.json, EMULATOR the emulator's URL for admin
// calls. With `deploy` as the last argument, it deploys the app and does not delete it.
'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Connection, OAuth2 } = require('@jsforce/jsforce-node');
const shop = require('./shop.js');
const { pack, unpack } = require('./zip.js');

const [org, credentialsFile, emulator, only] = process.argv.slice(2);
const credentials = JSON.parse(fs.readFileSync(credentialsFile, 'utf8'));

const APP = 'ExternalClientApplication';
const OAUTH = 'ExtlClntAppOauthSettings';
const GLOBAL = 'ExtlClntAppGlobalOauthSettings';
const OPTIONS = { rollbackOnError: true, ignoreWarnings: false, checkOnly: false, singlePackage: true };

const sorted = (values) => [...values].sort();
const several = (value) => (value === undefined || value === null ? [] : [value].flat());

async function admin(method, path, body) {
  const answer = await fetch(`${emulator}/emulator/${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
}

function patient(connection) {
  connection.metadata.pollInterval = 100;
  connection.metadata.pollTimeout = 20000;
  return connection;
}

/** Logs in with a private key, which jsforce calls authorizing. */
async function logIn() {
  const connection = new Connection({
    version: shop.API,
    oauth2: new OAuth2({ loginUrl: org, clientId: credentials.client_id }),
  });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: credentials.client_id, sub: credentials.username, aud: org, exp: Math.floor(Date.now() / 1000) + 180 };
  const signed = `${part({ alg: 'RS256' })}.${part(claims)}`;
  const signature = crypto.sign('sha256', Buffer.from(signed), credentials.private_key).toString('base64url');
  const user = await connection.authorize({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${signed}.${signature}`,
  });
  assert.match(user.organizationId, /^00D\w{15}$/);
  assert.match(user.id, /^005\w{15}$/);
  assert.equal(connection.instanceUrl, org, 'the token names the address that was asked');
  return patient(connection);
}

/** A session that jsforce renews automatically. */
function renewing(accessToken) {
  return patient(
    new Connection({
      version: shop.API,
      instanceUrl: org,
      accessToken,
      refreshToken: credentials.refresh_token,
      oauth2: { loginUrl: org, clientId: credentials.client_id, clientSecret: credentials.client_secret },
    }),
  );
}

async function looksAround(connection) {
  assert.equal((await connection.identity()).username, credentials.username);
  const versions = await connection.request('/services/data');
  assert.ok(versions.some((one) => one.version === shop.API));
  const user = await connection.sobject('User').retrieve((await connection.identity()).user_id);
  assert.equal(user.Username, credentials.username);
  const found = await connection.query('SELECT Id, Name, IsSandbox FROM Organization');
  assert.equal(found.totalSize, 1);
  const described = await connection.metadata.describe(shop.API);
  const types = new Map(described.metadataObjects.map((one) => [one.xmlName, one]));
  assert.equal(types.get(APP).suffix, 'eca');
  assert.equal(types.get(APP).directoryName, 'externalClientApps');
  assert.equal(types.get(GLOBAL).suffix, 'ecaGlblOauth');
  assert.equal(types.get(APP).inFolder, false);
  assert.deepEqual(await connection.metadata.list({ type: APP }, shop.API), [], 'the org is empty');
}

function isDeployed(result, created) {
  assert.equal(result.success, true);
  assert.equal(result.done, true);
  assert.equal(result.status, 'Succeeded');
  assert.equal(Number(result.numberComponentsDeployed), 3);
  assert.equal(Number(result.numberComponentErrors), 0);
  const parts = several(result.details.componentSuccesses).filter((one) => one.fileName !== 'package.xml');
  const named = (type) => parts.filter((one) => one.componentType === type).map((one) => one.fullName);
  assert.deepEqual([named(APP), named(OAUTH), named(GLOBAL)], [['Shop'], ['Shop_oauth'], ['Shop_global']]);
  for (const part of parts) {
    assert.equal(String(part.created), String(created), `${part.fullName} created`);
    assert.equal(String(part.success), 'true');
    assert.equal(String(part.deleted), 'false');
  }
}

async function deployOverSoap(connection, zip) {
  return connection.metadata.deploy(zip, OPTIONS).complete(true);
}

/** jsforce's own `complete` would poll a REST deploy over SOAP. */
async function deployOverRest(connection, zip) {
  const { id } = await connection.metadata.deployRest(zip, OPTIONS);
  return ended(() => connection.metadata.checkDeployStatus(id, true, true));
}

async function ended(look) {
  for (let tries = 0; tries < 200; tries += 1) {
    const result = await look();
    if (result.done) return result;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error('not complete');
}

async function deploys(connection) {
  const { metadata } = connection;
  // The deploy runs until deploy_ms is reset, so that the first poll finds it running on every machine.
  await admin('PATCH', 'org', { deploy_ms: 600000 });
  const started = await metadata.deploy(shop.package(), OPTIONS);
  assert.match(started.id, /^0Af\w{15}$/);
  const first = await metadata.checkDeployStatus(started.id, true);
  assert.equal(first.done, false);
  assert.ok(['Pending', 'InProgress'].includes(first.status), first.status);
  await admin('PATCH', 'org', { deploy_ms: 0 });
  const last = await ended(() => metadata.checkDeployStatus(started.id, true));
  isDeployed(last, true);
  assert.equal(last.checkOnly, false);

  // Again over REST, without changes.
  isDeployed(await metadata.deployRest(shop.package(), OPTIONS).complete(true), false);
}

async function validates(connection) {
  const files = shop.files();
  const app = 'externalClientApps/Shop.eca';
  files[app] = files[app].replace('<label>Shop</label>', '<label>Never</label>');
  const result = await connection.metadata.deploy(pack(files), { ...OPTIONS, checkOnly: true }).complete(true);
  assert.equal(result.status, 'Succeeded');
  assert.equal(result.checkOnly, true);
  assert.equal((await connection.metadata.read(APP, 'Shop')).label, 'Shop', 'a validation changes nothing');
}

async function isRefused(connection) {
  const files = shop.files();
  const app = 'externalClientApps/Shop.eca';
  files[app] = files[app].replace('<label>Shop</label>', '<lable>Shop</lable>');
  for (const deploy of [deployOverSoap, deployOverRest]) {
    const result = await deploy(connection, pack(files));
    assert.equal(result.status, 'Failed', deploy.name);
    assert.equal(result.success, false, deploy.name);
    assert.equal(Number(result.numberComponentErrors), 1, deploy.name);
    const failures = several(result.details.componentFailures);
    assert.equal(failures.length, 1, deploy.name);
    const [failure] = failures;
    assert.equal(failure.componentType, APP);
    assert.equal(failure.fileName, app);
    assert.equal(failure.problemType, 'Error');
    assert.match(failure.problem, /lable/);
    assert.equal(Number(failure.lineNumber), 6, deploy.name);
    assert.ok(Number(failure.columnNumber) > 0, deploy.name);
  }
  await assert.rejects(connection.metadata.checkDeployStatus('0Af000000000000AAA', true), (error) => {
    assert.match(error.message, /INVALID_CROSS_REFERENCE_KEY|invalid|id/);
    return true;
  });
}

async function retrieves(connection) {
  const unpackaged = {
    types: [
      { members: ['*'], name: APP },
      { members: ['*'], name: OAUTH },
      { members: ['Shop_global', 'Nope'], name: GLOBAL },
    ],
    version: shop.API,
  };
  const { metadata } = connection;
  await admin('PATCH', 'org', { retrieve_ms: 600000 });
  const { id } = await metadata.retrieve({ apiVersion: shop.API, unpackaged });
  const first = await metadata.checkRetrieveStatus(id);
  assert.equal(first.done, false);
  assert.ok(!first.zipFile, 'no zip before the end');
  await admin('PATCH', 'org', { retrieve_ms: 0 });
  const result = await ended(() => metadata.checkRetrieveStatus(id));
  assert.equal(result.status, 'Succeeded');
  assert.equal((await metadata.retrieve({ apiVersion: shop.API, unpackaged }).complete()).status, 'Succeeded');
  const messages = several(result.messages);
  assert.deepEqual(
    messages.map((one) => one.problem),
    [`Entity of type '${GLOBAL}' named 'Nope' cannot be found`],
  );
  const files = unpack(Buffer.from(result.zipFile, 'base64'));
  const sources = shop.files();
  const paths = Object.keys(sources).map((path) => `unpackaged/${path}`);
  assert.deepEqual(sorted(Object.keys(files)), sorted(paths));
  assert.deepEqual(sorted(several(result.fileProperties).map((one) => one.fileName)), sorted(paths));
  const app = files['unpackaged/externalClientApps/Shop.eca'];
  const added = /    <orgScopedExternalApp>00D\w{12}:Shop<\/orgScopedExternalApp>\n/;
  assert.match(app, added);
  assert.equal(app.replace(added, ''), sources['externalClientApps/Shop.eca'], 'the rest is as it was deployed');
  const global = files['unpackaged/extlClntAppGlobalOauthSets/Shop_global.ecaGlblOauth'];
  assert.match(global, /<callbackUrl>https:\/\/shop\.example\.com\/callback<\/callbackUrl>/);
  assert.match(global, /<consumerKey>3MVG9/, 'the org made a key');
}

async function listsAndReads(connection) {
  const { metadata } = connection;
  const listed = await metadata.list([{ type: APP }, { type: OAUTH }, { type: GLOBAL }], shop.API);
  assert.deepEqual(sorted(listed.map((one) => `${one.type} ${one.fullName}`)), [
    `${GLOBAL} Shop_global`,
    `${OAUTH} Shop_oauth`,
    `${APP} Shop`,
  ].sort());
  for (const one of listed) {
    assert.match(one.id, /^\w{18}$/);
    assert.ok(one.fileName.endsWith(`/${one.fullName}.${one.fileName.split('.').pop()}`));
    assert.ok(!Number.isNaN(Date.parse(one.lastModifiedDate)), one.lastModifiedDate);
  }
  const [there, missing] = await metadata.read(APP, ['Shop', 'Nope']);
  assert.equal(there.fullName, 'Shop');
  assert.equal(there.label, 'Shop');
  assert.equal(missing.fullName, undefined);
}

async function writesOneByOne(connection) {
  const { metadata } = connection;
  const till = { fullName: 'Till', contactEmail: 'identity@example.com', distributionState: 'Local', label: 'Till' };
  assert.equal((await metadata.create(APP, till)).success, true);
  const again = await metadata.create(APP, till);
  assert.equal(again.success, false);
  assert.equal(several(again.errors)[0].statusCode, 'DUPLICATE_DEVELOPER_NAME');
  assert.equal((await metadata.update(APP, { ...till, label: 'Till 2' })).success, true);
  assert.equal((await metadata.read(APP, 'Till')).label, 'Till 2');
  const [old, fresh] = await metadata.upsert(APP, [till, { ...till, fullName: 'Desk', label: 'Desk' }]);
  assert.deepEqual([old.created, fresh.created], [false, true]);
  const [gone, unknown] = await metadata.delete(APP, ['Till', 'Nope']);
  assert.deepEqual([gone.success, unknown.success], [true, false]);
  assert.match(several(unknown.errors)[0].message, /Nope/);
  assert.equal((await metadata.delete(APP, 'Desk')).success, true);
  assert.deepEqual((await metadata.list({ type: APP }, shop.API)).map((one) => one.fullName), ['Shop']);
}

async function outlivesItsSession() {
  const connection = renewing((await logIn()).accessToken);
  const renewals = [];
  connection.on('refresh', (token) => renewals.push(token));
  const list = () => connection.metadata.list({ type: APP }, shop.API);
  const before = await list();
  await admin('POST', 'sessions/expire');
  assert.deepEqual(await list(), before, 'the same SOAP call again');
  assert.equal(renewals.length, 1);
  await admin('POST', 'sessions/expire');
  const result = await deployOverRest(connection, shop.package());
  isDeployed(result, false);
  assert.equal(renewals.length, 2);

  const hopeless = new Connection({ version: shop.API, instanceUrl: org, accessToken: '00D000000000001!unknown' });
  await assert.rejects(hopeless.metadata.list({ type: APP }, shop.API), (error) => {
    assert.equal(error.errorCode ?? error.name, 'sf:INVALID_SESSION_ID');
    return true;
  });
  await assert.rejects(hopeless.query('SELECT Id FROM Organization'), { errorCode: 'INVALID_SESSION_ID' });
}

async function cancels(connection) {
  const { metadata } = connection;
  await admin('PATCH', 'org', { queue_ms: 600000 });
  const { id } = await metadata.deploy(shop.package(), OPTIONS);
  const answer = await metadata.cancelDeploy(id);
  assert.equal(answer.id, id);
  await admin('PATCH', 'org', { queue_ms: 0 });
  const result = await ended(() => metadata.checkDeployStatus(id, true));
  assert.equal(result.status, 'Canceled');
}

async function deletes(connection) {
  const zip = shop.destruction({ [APP]: ['Shop'], [OAUTH]: ['Nope'] });
  const result = await connection.metadata.deploy(zip, { ...OPTIONS, ignoreWarnings: true }).complete(true);
  assert.equal(result.status, 'Succeeded');
  const successes = several(result.details.componentSuccesses);
  const gone = successes.find((one) => one.fullName === 'Shop');
  assert.deepEqual([String(gone.deleted), String(gone.created), gone.fileName], ['true', 'false', 'destructiveChangesPost.xml']);
  const warned = successes.find((one) => one.problemType === 'Warning');
  assert.equal(warned.problem, `No ${OAUTH} named: Nope found`);
  for (const type of [APP, OAUTH, GLOBAL]) {
    assert.deepEqual(await connection.metadata.list({ type }, shop.API), [], type);
  }
}

async function main() {
  const connection = await logIn();
  if (only === 'deploy') {
    return isDeployed(await connection.metadata.deploy(shop.package(), OPTIONS).complete(true), true);
  }
  await looksAround(connection);
  await deploys(connection);
  await validates(connection);
  await isRefused(connection);
  await retrieves(connection);
  await listsAndReads(connection);
  await writesOneByOne(connection);
  await cancels(connection);
  await deletes(connection);
  // Last, because it expires all sessions. It creates the app again.
  await deploysAgain();
  await outlivesItsSession();
}

async function deploysAgain() {
  isDeployed(await (await logIn()).metadata.deploy(shop.package(), OPTIONS).complete(true), true);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

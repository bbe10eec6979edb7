// Deploys the same N apps with settings and policies as Terraform in one deploy, with jsforce over SOAP. `make bench` uses it
// for comparison.
//
//     node deploy_once.js ORG N apps|clients          (with the provider's SALESFORCE_* variables)
//
// `clients` also deploys the app policies, with the names that the provider uses for new policies.
//
// jsforce polls every second, its default, with a longer timeout.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Connection, OAuth2 } = require('@jsforce/jsforce-node');
const { pack } = require('../clients/jsforce/zip.js');

const API = '63.0';
const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';
const [org, count, what] = process.argv.slice(2);
const isClients = what === 'clients';

/** type → directory, file suffix, suffix of the component's name, elements. */
const TYPES = {
  ExternalClientApplication: ['externalClientApps', 'eca', '', (i) => ({ distributionState: 'Local', label: `App ${i}` })],
  ExtlClntAppOauthSettings: ['extlClntAppOauthSettings', 'ecaOauth', '_oauth', () => ({ commaSeparatedOauthScopes: 'Api' })],
  ExtlClntAppGlobalOauthSettings: ['extlClntAppGlobalOauthSets', 'ecaGlblOauth', '_glbloauth', (i) => ({
    callbackUrl: `https://app${i}.example.com/callback`,
  })],
  ExtlClntAppOauthConfigurablePolicies: ['extlClntAppOauthPolicies', 'ecaOauthPlcy', isClients ? '_oauthPlcy' : '_oauth_defaultPolicy', () => ({
    commaSeparatedPermissionSet: 'Shop_Customer', permittedUsersPolicyType: 'AdminApprovedPreAuthorized',
  })],
  ...(isClients && {
    ExtlClntAppConfigurablePolicies: ['extlClntAppPolicies', 'ecaPlcy', '_plcy', () => ({ isEnabled: true })],
  }),
};

function files() {
  const found = {};
  const members = {};
  for (let i = 0; i < Number(count); i += 1) {
    for (const [type, [folder, suffix, end, own]] of Object.entries(TYPES)) {
      const app = `App${i}`;
      const name = app + end;
      const elements = { ...(end && { externalClientApplication: app, label: name }), ...own(i) };
      const inside = Object.entries(elements).map(([element, text]) => `    <${element}>${text}</${element}>\n`).join('');
      found[`${folder}/${name}.${suffix}`] =
        `<?xml version="1.0" encoding="UTF-8"?>\n<${type} xmlns="${NAMESPACE}">\n${inside}</${type}>\n`;
      (members[type] ??= []).push(name);
    }
  }
  const types = Object.entries(members)
    .map(([type, names]) => `<types>${names.map((name) => `<members>${name}</members>`).join('')}<name>${type}</name></types>`)
    .join('');
  const manifest = `<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="${NAMESPACE}">${types}<version>${API}</version></Package>\n`;
  return { 'package.xml': manifest, ...found };
}

/** Logs in with the private key, in one call. */
async function logIn() {
  const { SALESFORCE_CLIENT_ID: iss, SALESFORCE_USERNAME: sub, SALESFORCE_PRIVATE_KEY_FILE: key } = process.env;
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss, sub, aud: org, exp: Math.floor(Date.now() / 1000) + 180 };
  const signed = `${part({ alg: 'RS256' })}.${part(claims)}`;
  const signature = crypto.sign('sha256', Buffer.from(signed), fs.readFileSync(key)).toString('base64url');
  const granted = await new OAuth2({ loginUrl: org, clientId: iss }).requestToken({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${signed}.${signature}`,
  });
  return new Connection({ version: API, instanceUrl: org, accessToken: granted.access_token });
}

async function main() {
  const connection = await logIn();
  connection.metadata.pollTimeout = 600000;
  const result = await connection.metadata.deploy(pack(files()), { rollbackOnError: true, singlePackage: true }).complete(true);
  if (!result.success) throw new Error(JSON.stringify(result.details));
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

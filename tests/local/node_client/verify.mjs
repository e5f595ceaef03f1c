// Verifies tokens of the local cloud with aws-jwt-verify, as a Node service in front of AWS would.
//
// stdin:  {"endpoint", "userPoolId", "checks": [{"token", "tokenUse": "access" | "id", "clientId", "scope"?}, ...]}
// stdout: [{"ok": true, "claims": {...}} | {"ok": false, "error": "<class of the error>"}, ...], in the same order
//
// Tokens come by stdin because arguments are visible to every process of the machine.
import { readFileSync } from "node:fs";
import { CognitoJwtVerifier } from "aws-jwt-verify";

const { endpoint, userPoolId, checks } = JSON.parse(readFileSync(0, "utf8"));

const answer = await fetch(`${endpoint}/${userPoolId}/.well-known/jwks.json`);
if (!answer.ok) throw new Error(`the pool's keys: HTTP ${answer.status}`);
const keys = await answer.json();

const verdicts = checks.map(({ token, tokenUse, clientId, scope }) => {
  const verifier = CognitoJwtVerifier.create({ userPoolId, tokenUse, clientId, scope });
  // The issuer is AWS's address, which is not where these keys are published.
  verifier.cacheJwks(keys);
  try {
    return { ok: true, claims: verifier.verifySync(token) };
  } catch (error) {
    return { ok: false, error: error.constructor.name };
  }
});
process.stdout.write(JSON.stringify(verdicts));

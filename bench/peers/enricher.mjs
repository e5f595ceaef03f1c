// The token enricher's decision in JavaScript, as a Node function would hold it.
const roles = new Map(JSON.parse(process.env.ROLES).map((role) => [role.name, role.scopes]))
const prefix = `${process.env.RESOURCE_SERVER}/`
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function handler(event) {
  const { userAttributes, groupConfiguration, scopes: requested = [] } = event.request
  const clinic = userAttributes['custom:clinic_id']
  if (!uuid.test(clinic)) throw new Error('refused')
  const groups = groupConfiguration.groupsToOverride
  const known = [...roles.keys()].filter((role) => groups.includes(role))
  const scopes = [...new Set(known.flatMap((role) => roles.get(role).map((scope) => prefix + scope)))]
  const claims = {
    tenant_id: clinic.toLowerCase(),
    role: known[0],
    roles: known,
    language: userAttributes['custom:preferred_language'],
  }
  console.log(JSON.stringify({ level: 'INFO', message: 'token enriched' }))
  event.response = {
    claimsAndScopeOverrideDetails: {
      idTokenGeneration: { claimsToAddOrOverride: { ...claims, scopes } },
      accessTokenGeneration: {
        claimsToAddOrOverride: claims,
        scopesToAdd: scopes,
        scopesToSuppress: requested.filter((scope) => scope.startsWith(prefix) && !scopes.includes(scope)),
      },
      groupOverrideDetails: { groupsToOverride: groups, iamRolesToOverride: [], preferredRole: null },
    },
  }
  return event
}

const [, , eventText, calls] = process.argv
if (eventText) {
  const event = JSON.parse(eventText)
  handler(structuredClone(event))
  if (calls) {
    console.log = () => {}
    const began = performance.now()
    for (let call = 0; call < Number(calls); call += 1) handler(structuredClone(event))
    process.stdout.write(String((performance.now() - began) / 1000 / Number(calls)))
  }
}
